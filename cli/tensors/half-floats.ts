/// <reference lib="esnext.float16" />
/** FP16 ↔ numbers: Node 24 has the type, and the rest of this repository is compiled for an older library. */

/** Rounded to the nearest, ties to even. Infinite beyond 65504. */
export function encodeHalfs(values: readonly number[]): Uint8Array {
  return new Uint8Array(Float16Array.from(values).buffer);
}

/** The bytes may lie at any offset. */
export function decodeHalfs(bytes: Uint8Array): number[] {
  return Array.from(new Float16Array(new Uint8Array(bytes).buffer));
}
