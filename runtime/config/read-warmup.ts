/** `model_warmup` → the runs that prepare a model before it is ready. */
import type { WarmupSample, WarmupTensor } from '../core/model-settings.js';
import { ConfigError } from './config-error.js';
import { MessageReader } from './message-reader.js';
import { readDatatype } from './read-datatype.js';
import { readDims } from './read-tensors.js';

/** A model is not ready until all of them ran. */
const MAX_RUNS = 10_000;
const MAX_ROWS = 2 ** 20;

export function readWarmup(samples: readonly MessageReader[]): WarmupSample[] {
  return samples.map((sample) => {
    const name = sample.text('name') ?? '';
    if (name === '') sample.fail('name', 'a "model_warmup" needs a "name"');
    const inputs = sample.entries('inputs').map(({ key, value }) => {
      if (value.kind === 'Scalar') throw new ConfigError(value.place, `input "${key}" of "model_warmup" holds fields of its own: write value { … }`);
      return readInput(new MessageReader(value, 'WarmupInput', sample.warnings), key);
    });
    if (inputs.length === 0) sample.fail('inputs', `"model_warmup" "${name}" has no "inputs": give one for each of the model's`);
    return { name, batchRows: sample.integer('batch_size', 0, MAX_ROWS) ?? 0, count: Math.max(1, sample.integer('count', 0, MAX_RUNS) ?? 1), inputs };
  });
}

function readInput(input: MessageReader, name: string): WarmupTensor {
  const datatype = readDatatype(input);
  if (datatype === undefined) return input.fail('data_type', `input "${name}" of "model_warmup" needs a "data_type"`);
  const dims = readDims(input, 'dims');
  if (dims.includes(-1)) input.fail('dims', `input "${name}" of "model_warmup" needs fixed "dims", and has -1`);
  const isZeros = input.flag('zero_data') ?? false;
  const isRandom = input.flag('random_data') ?? false;
  const filename = input.text('input_data_file') ?? '';
  if (filename !== '') {
    if (/[/\\\0]|^\./.test(filename)) input.fail('input_data_file', `"${filename}" is no file name: the file lies in the folder warmup`);
    return { name, datatype, dims, data: { kind: 'File', filename } };
  }
  if (isRandom) return { name, datatype, dims, data: { kind: 'Random' } };
  if (isZeros) return { name, datatype, dims, data: { kind: 'Zeros' } };
  return input.fail('dims', `input "${name}" of "model_warmup" has no data: give zero_data, random_data or input_data_file`);
}
