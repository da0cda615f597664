/** The runs that `model_warmup` asks for, as tensors. Random ones are the same at every start, so that a start is repeatable. */
import { DATATYPES } from './datatype.js';
import { fillRandom, newRandom } from './fill-random.js';
import type { WarmupSample, WarmupTensor } from './model-settings.js';
import { countElements, type Tensor } from './tensor.js';

/** A sample is held in memory whole. */
const MAX_SAMPLE_BYTES = 256 * 1024 * 1024;
const SEED = 0x5eed;

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
  if (input.data.kind === 'Random') fillRandom(bytes, input.datatype, newRandom(SEED));
  return bytes;
}
