/** The fields of one header block. Nothing changes it once it is made, so that one list may serve each block of the same bytes. */

/** What a field costs beside its name and its value (RFC 7541 4.1, RFC 9113 6.5.2), bytes. */
export const FIELD_OVERHEAD_BYTES = 32;

export class HeaderList {
  /** For whoever reads the list: what they made of it. A shared list is thus read once. */
  memo: unknown = undefined;

  constructor(
    /** As on the wire and in its order, pseudo-headers included. */
    readonly names: readonly string[],
    readonly values: readonly string[],
    /** Name, value and 32 of each field, those that were left out as well. */
    readonly bytes: number,
    /** Fields are missing: the list would have become larger than its reader allows. */
    readonly isCut: boolean,
  ) {}

  /** Of a name that is there more than once: all values, joined as RFC 9110 5.3 and, for cookies, RFC 9113 8.2.3 say. */
  get(name: string): string | undefined {
    const { names, values } = this;
    let found: string | undefined;
    for (let index = 0; index < names.length; index++) {
      if (names[index] !== name) continue;
      const value = values[index] ?? '';
      found = found === undefined ? value : `${found}${name === 'cookie' ? '; ' : ', '}${value}`;
    }
    return found;
  }
}
