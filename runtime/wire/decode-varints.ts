/**
 * The tight loops: runs of varints → typed arrays. What they read has been found well-formed, so nothing is checked here.
 * Each function returns the index after the last element that it wrote.
 */

/** Bits 0 to 31 of each varint: int32 and uint32 alike. */
export function decodeVarint32s(bytes: Uint8Array, start: number, end: number, into: Int32Array, index: number): number {
  let at = start;
  let next = index;
  while (at < end) {
    let byte = byteAt(bytes, at++);
    let value = byte & 0x7f;
    for (let shift = 7; byte >= 0x80; shift += 7) {
      byte = byteAt(bytes, at++);
      if (shift < 32) value |= (byte & 0x7f) << shift;
    }
    into[next++] = value;
  }
  return next;
}

/** Bits 0 to 31 at 2·index, bits 32 to 63 after them: little-endian int64 and uint64 alike. */
export function decodeVarint64s(bytes: Uint8Array, start: number, end: number, into: Int32Array, index: number): number {
  let at = start;
  let next = index;
  while (at < end) {
    let byte = byteAt(bytes, at++);
    let low = byte & 0x7f;
    let high = 0;
    for (let shift = 7; byte >= 0x80; shift += 7) {
      byte = byteAt(bytes, at++);
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
    }
    into[2 * next] = low;
    into[2 * next + 1] = high;
    next++;
  }
  return next;
}

/** 1 for a varint that is not zero, else 0. */
export function decodeBools(bytes: Uint8Array, start: number, end: number, into: Uint8Array, index: number): number {
  let at = start;
  let next = index;
  while (at < end) {
    let byte = byteAt(bytes, at++);
    let bits = byte & 0x7f;
    while (byte >= 0x80) {
      byte = byteAt(bytes, at++);
      bits |= byte & 0x7f;
    }
    into[next++] = bits === 0 ? 0 : 1;
  }
  return next;
}

/** Of this file alone: an engine that never saw it read beyond the end need not expect it. */
function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}
