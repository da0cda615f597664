/** A page without anything from elsewhere that shows the document and sends a request: it works where there is no internet. */
export const OPENAPI_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Slipway</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; background: #fff; }
  details { border: 1px solid #ccc; border-radius: 6px; margin: .5rem 0; padding: .5rem 1rem; }
  summary { cursor: pointer; } code, textarea, pre { font: 14px/1.4 ui-monospace, monospace; }
  textarea { width: 100%; height: 12rem; box-sizing: border-box; } pre { background: #f4f4f4; padding: .75rem; overflow: auto; max-height: 24rem; }
  .method { display: inline-block; width: 3.5rem; font-weight: 600; }
</style>
<h1>Slipway</h1>
<p>The calls of this server: <a href="openapi.json">openapi.json</a>.</p>
<main></main>
<script>
  const make = (name, text, parent) => { const node = document.createElement(name); node.textContent = text; parent.append(node); return node; };
  const show = async (path, method, body, out) => {
    const began = performance.now();
    try {
      const answer = await fetch(path, method === 'GET' ? {} : { method, body });
      const text = await answer.text();
      out.textContent = answer.status + ' in ' + Math.round(performance.now() - began) + ' ms\\n' + text;
    } catch (error) { out.textContent = String(error); }
  };
  fetch('openapi.json').then((answer) => answer.json()).then((spec) => {
    document.querySelector('h1').textContent = spec.info.title;
    for (const [path, methods] of Object.entries(spec.paths)) for (const [name, call] of Object.entries(methods)) {
      const method = name.toUpperCase();
      const box = make('details', '', document.querySelector('main'));
      const head = make('summary', '', box);
      make('span', method, head).className = 'method';
      make('code', path, head);
      make('span', '  ' + call.summary, head);
      const content = call.requestBody?.content['application/json'];
      const area = content ? make('textarea', '', box) : undefined;
      if (area) { area.value = JSON.stringify(content.example, null, 1); area.setAttribute('aria-label', 'Request'); }
      const button = make('button', 'Send', box);
      const out = make('pre', '', box);
      button.onclick = () => show(path, method, area?.value, out);
    }
  });
</script>
</html>
`;
