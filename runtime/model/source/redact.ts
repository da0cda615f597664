/** Text that may reach logs, Events and status never carries what a URL can hide: user names, passwords, signed queries. */

/** `https://host/path`, with user info dropped and a query reduced to `?…`. */
export function redactUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}${url.search === '' ? '' : '?…'}`;
}

/** The same for a text that may not even be a URL, and for URLs inside a sentence. */
export function redactText(text: string): string {
  return text
    .replaceAll(/([a-z][a-z0-9+.-]*:\/\/)[^/\s"'?#]*@/gi, '$1')
    .replaceAll(/([a-z][a-z0-9+.-]*:\/\/[^\s"'?#]*)[?#][^\s"']*/gi, '$1?…')
    .replaceAll(/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/g, '$1 …');
}
