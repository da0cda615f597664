/** The static table (RFC 7541 appendix A). Fields of one name stand together. */

const FIELDS: readonly (readonly [name: string, value: string])[] = [
  [':authority', ''],
  [':method', 'GET'],
  [':method', 'POST'],
  [':path', '/'],
  [':path', '/index.html'],
  [':scheme', 'http'],
  [':scheme', 'https'],
  [':status', '200'],
  [':status', '204'],
  [':status', '206'],
  [':status', '304'],
  [':status', '400'],
  [':status', '404'],
  [':status', '500'],
  ['accept-charset', ''],
  ['accept-encoding', 'gzip, deflate'],
  ['accept-language', ''],
  ['accept-ranges', ''],
  ['accept', ''],
  ['access-control-allow-origin', ''],
  ['age', ''],
  ['allow', ''],
  ['authorization', ''],
  ['cache-control', ''],
  ['content-disposition', ''],
  ['content-encoding', ''],
  ['content-language', ''],
  ['content-length', ''],
  ['content-location', ''],
  ['content-range', ''],
  ['content-type', ''],
  ['cookie', ''],
  ['date', ''],
  ['etag', ''],
  ['expect', ''],
  ['expires', ''],
  ['from', ''],
  ['host', ''],
  ['if-match', ''],
  ['if-modified-since', ''],
  ['if-none-match', ''],
  ['if-range', ''],
  ['if-unmodified-since', ''],
  ['last-modified', ''],
  ['link', ''],
  ['location', ''],
  ['max-forwards', ''],
  ['proxy-authenticate', ''],
  ['proxy-authorization', ''],
  ['range', ''],
  ['referer', ''],
  ['refresh', ''],
  ['retry-after', ''],
  ['server', ''],
  ['set-cookie', ''],
  ['strict-transport-security', ''],
  ['transfer-encoding', ''],
  ['user-agent', ''],
  ['vary', ''],
  ['via', ''],
  ['www-authenticate', ''],
];

/** The highest index of the static table; the dynamic table's begin behind it. */
export const STATIC_FIELDS = 61;

/** By index; at 0 is nothing. */
export const STATIC_NAMES: readonly string[] = ['', ...FIELDS.map(([name]) => name)];
export const STATIC_VALUES: readonly string[] = ['', ...FIELDS.map(([, value]) => value)];

const FIRST_OF_NAME: ReadonlyMap<string, number> = new Map(FIELDS.map(([name], index) => [name, index + 1] as const).reverse());

/** The lowest index of a field of this name; 0 when there is none. */
export function staticNameIndex(name: string): number {
  return FIRST_OF_NAME.get(name) ?? 0;
}

/** The index of the field with this value among those that share the name at `nameIndex`; 0 when there is none. */
export function staticFieldIndex(nameIndex: number, value: string): number {
  if (nameIndex === 0) return 0;
  const name = STATIC_NAMES[nameIndex];
  for (let index = nameIndex; STATIC_NAMES[index] === name; index++) if (STATIC_VALUES[index] === value) return index;
  return 0;
}
