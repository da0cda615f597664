/** The runs that `model_warmup` asks for, as tensors. Random ones are the same at every start, so that a start is repeatable. */
import { DATATYPES } from './datatype.js';
import type { WarmupSample, WarmupTensor } from './model-settings.js';
import { countElements, type Tensor } from './tensor.js';

/** A sample is held in memory whole. */
const MAX_SAMPLE_BYTES = 256 * 1024 * 1024;

/** `readFile` gives the bytes of a file in the folder `warmup`. Throws an Error that names the input and the fix. */
export function makeWarmupInputs(sample: WarmupSample, readFile: (filename: string) => Uint8Array): Tensor[] {
  return sample.inputs.map((input) => {
    const shape = sample.batchRows === 0 ? input.dims : [sample.batchRows, ...input.dims];
    const elements = countElements(shape);
    const size = DATATYPES[input.datatype].size;
    if (elements * (size ?? 4) > MAX_SAMPLE_BYTES)
      throw new Error(`Input "${input.name}" of the warm-up "${sample.name}" has ${elements} elements: at most ${MAX_SAMPLE_BYTES} bytes are made`);
    const data = makeData(input, elements, readFile);
    if (size !== undefined && data.byteLength !== elements * size)
      throw new Error(`Input "${input.name}" of the warm-up "${sample.name}" needs ${elements * size} bytes, and its file has ${data.byteLength}`);
    return { name: input.name, datatype: input.datatype, shape, data };
  });
}

function makeData(input: WarmupTensor, elements: number, readFile: (filename: string) => Uint8Array): Uint8Array {
  if (input.data.kind === 'File') return readFile(input.data.filename);
  const bytes = new Uint8Array(elements * (DATATYPES[input.datatype].size ?? 4)); // BYTES: an element of length 0 is four zero bytes
  if (input.data.kind === 'Random') fillRandom(bytes, input.datatype);
  return bytes;
}

/** Numbers that a model takes whatever they mean to it: floats in [0, 1), integers 0 and 1, texts left empty. */
function fillRandom(bytes: Uint8Array, datatype: WarmupTensor['datatype']): void {
  const next = newRandom();
  const view = new DataView(bytes.buffer);
  const size = DATATYPES[datatype].size;
  if (size === undefined) return;
  for (let at = 0; at < bytes.length; at += size) {
    if (datatype === 'FP32') view.setFloat32(at, next(), true);
    else if (datatype === 'FP64') view.setFloat64(at, next(), true);
    else if (datatype === 'FP16') view.setUint16(at, Math.floor(next() * 0x3c00), true);
    else view.setUint8(at, next() < 0.5 ? 0 : 1); // little-endian: the first byte holds the value
  }
}

/** mulberry32, from a fixed seed. */
function newRandom(): () => number {
  let state = 0x5eed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
