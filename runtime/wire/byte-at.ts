/** Reading bytes by index: to the compiler an element may be missing, and the loops of the decoder know that theirs is not. */

/** 0 beyond the end. Engines inline it. */
export function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}
