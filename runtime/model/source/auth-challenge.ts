/** WWW-Authenticate of a registry, parsed: which scheme it wants and where tokens are to be had. */
export interface Challenge {
  readonly scheme: 'basic' | 'bearer';
  readonly params: Readonly<Record<string, string>>;
}

/** The first challenge that we can answer; Bearer is preferred where both are offered. */
export function parseChallenge(header: string | undefined): Challenge | undefined {
  if (header === undefined) return undefined;
  const bearer = paramsOf(header, 'bearer');
  if (bearer !== undefined && bearer['realm'] !== undefined) return { scheme: 'bearer', params: bearer };
  const basic = paramsOf(header, 'basic');
  return basic === undefined ? undefined : { scheme: 'basic', params: basic };
}

function paramsOf(header: string, scheme: string): Record<string, string> | undefined {
  const start = new RegExp(`(?:^|,\\s*)${scheme}(?:\\s+|$)`, 'i').exec(header);
  if (start === null) return undefined;
  const params: Record<string, string> = {};
  const pattern = /\s*([a-z_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))\s*(?:,|$)/iy;
  pattern.lastIndex = start.index + start[0].length;
  for (let match = pattern.exec(header); match !== null; match = pattern.exec(header)) {
    const [, name = '', quoted, bare = ''] = match;
    params[name.toLowerCase()] = quoted === undefined ? bare : quoted.replaceAll(/\\(.)/g, '$1');
  }
  return params;
}
