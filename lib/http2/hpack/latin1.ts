/**
 * Strings of bytes, as they are in fields (RFC 9110 5.5): one character for each byte. Buffer.toString('latin1') looks its encoding
 * up at each call; what it then calls is public but not in the types.
 */

declare global {
  interface Buffer {
    latin1Slice(start: number, end: number): string;
    latin1Write(text: string, at: number, length: number): number;
  }
}

/** Up to here a loop is faster than a call out of JavaScript (measured). */
const SHORT_BYTES = 16;

export function latin1Of(bytes: Buffer, start: number, end: number): string {
  return start === end ? '' : bytes.latin1Slice(start, end);
}

/** Returns where it ended. A character beyond U+00FF loses its upper bits: whoever makes fields has refused it. */
export function writeLatin1(target: Buffer, at: number, text: string): number {
  const { length } = text;
  if (length > SHORT_BYTES) return at + target.latin1Write(text, at, length);
  for (let index = 0; index < length; index++) target[at + index] = text.charCodeAt(index);
  return at + length;
}
