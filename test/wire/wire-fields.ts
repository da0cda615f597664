/** Protobuf field by field, as odd as the format allows: what no encoder writes and every parser must take or refuse. */

/** `pad`: bytes that say nothing, which make the varint longer than it must be. */
export function varint(value: bigint, pad = 0): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  do {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  } while (rest > 0n);
  for (let left = pad; left > 0; left--) bytes.push(0x80);
  bytes.push((bytes.pop() ?? 0) & 0x7f);
  return Buffer.from(bytes);
}

export function tag(field: number, wireType: number, pad = 0): Buffer {
  return varint(BigInt(field) * 8n + BigInt(wireType), pad);
}

export function lengthDelimited(field: number, payload: Uint8Array, pad = 0): Buffer {
  return Buffer.concat([tag(field, 2), varint(BigInt(payload.length), pad), payload]);
}

export function textField(field: number, text: string): Buffer {
  return lengthDelimited(field, Buffer.from(text));
}

export function varintField(field: number, value: bigint, pad = 0): Buffer {
  return Buffer.concat([tag(field, 0), varint(value, pad)]);
}

export function fixed(field: number, payload: Uint8Array): Buffer {
  return Buffer.concat([tag(field, payload.length === 4 ? 5 : 1), payload]);
}

/** Groups inside each other, `depth` of them, with a field in the innermost. */
export function groups(field: number, depth: number): Buffer {
  const open = Array.from({ length: depth }, () => tag(field, 3));
  const close = Array.from({ length: depth }, () => tag(field, 4));
  return Buffer.concat([...open, varintField(9, 1n), ...close]);
}
