/**
 * The raw form of BYTES: for each element its length (uint32, little-endian), then that many bytes.
 * Example: ["hi", ""] is 02 00 00 00 68 69 00 00 00 00.
 */
const LENGTH_BYTES = 4;

/** Views of the elements, or a sentence that says what is wrong with the bytes. */
export function splitBytesElements(data: Uint8Array): Uint8Array[] | string {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const elements: Uint8Array[] = [];
  let offset = 0;
  while (offset < data.byteLength) {
    const left = data.byteLength - offset - LENGTH_BYTES;
    if (left < 0) return `element ${elements.length} is cut off inside its 4-byte length`;
    const length = view.getUint32(offset, true);
    if (length > left) return `element ${elements.length} claims ${length} bytes, but ${left} follow`;
    offset += LENGTH_BYTES;
    elements.push(data.subarray(offset, offset + length));
    offset += length;
  }
  return elements;
}

export function joinBytesElements(elements: readonly Uint8Array[]): Uint8Array {
  const total = elements.reduce((sum, element) => sum + LENGTH_BYTES + element.byteLength, 0);
  const data = new Uint8Array(total);
  const view = new DataView(data.buffer);
  let offset = 0;
  for (const element of elements) {
    view.setUint32(offset, element.byteLength, true);
    data.set(element, offset + LENGTH_BYTES);
    offset += LENGTH_BYTES + element.byteLength;
  }
  return data;
}
