/** What h2spec writes with -j, as outcomes by case: JUnit's XML, but for what frames hold, which it puts in as it came. */

export interface H2specOutcome {
  readonly kind: 'passed' | 'failed' | 'skipped';
  /** What was expected and what came, one a line. */
  readonly detail: string;
}

/** "<section> <case>", as in "http2/6.7 Sends a PING frame" → what came of it. Rejects a report with two of a name. */
export function parseH2specReport(xml: string): ReadonlyMap<string, H2specOutcome> {
  const outcomes = new Map<string, H2specOutcome>();
  for (const [, section = '', name = '', body = ''] of xml.matchAll(/<testcase package="([^"]*)" classname="([^"]*)"[^>]*>([\s\S]*?)<\/testcase>/g)) {
    const key = `${section} ${unescapeXml(name)}`;
    if (outcomes.has(key)) throw new Error(`h2spec's report has two cases "${key}"`);
    outcomes.set(key, parseOutcome(body));
  }
  return outcomes;
}

function parseOutcome(body: string): H2specOutcome {
  if (body.includes('<skipped>')) return { kind: 'skipped', detail: 'skipped by h2spec' };
  const [, detail] = /<(?:error|failure)>([\s\S]*)<\/(?:error|failure)>/.exec(body) ?? [];
  return detail === undefined ? { kind: 'passed', detail: '' } : { kind: 'failed', detail: detail.trim() };
}

function unescapeXml(text: string): string {
  return text
    .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
