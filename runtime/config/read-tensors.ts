/** `input` and `output` → what the configuration declares of tensors. Whether the model agrees is checked when it is loaded. */
import type { DeclaredTensor } from '../core/model-settings.js';
import type { MessageReader } from './message-reader.js';
import { readDatatype } from './read-datatype.js';

/** A message per tensor; the bound keeps a broken file from becoming a large one in memory. */
const MAX_TENSORS = 4096;
const MAX_RANK = 64;

/** Throws ConfigError on tensors without a name or with one twice, and on dims that are none. */
export function readTensors(reader: MessageReader, field: 'input' | 'output'): DeclaredTensor[] {
  const tensors = readAll(reader, field).map(({ tensor, name }) => readTensor(tensor, name, field));
  const seen = new Set<string>();
  for (const { name } of tensors) {
    if (seen.has(name)) reader.fail(field, `${field} "${name}" is declared twice: keep one`);
    seen.add(name);
  }
  return tensors;
}

export function readLabelFiles(reader: MessageReader): Map<string, string> {
  return new Map(
    readAll(reader, 'output').flatMap(({ tensor, name }) => {
      const file = tensor.text('label_filename') ?? '';
      if (file === '') return [];
      if (/^[/.]|[\\\0]|\.\./.test(file)) tensor.fail('label_filename', `"${file}" leads out of the model's folder: name a file in it`);
      return [[name, file] as const];
    }),
  );
}

function readAll(reader: MessageReader, field: 'input' | 'output'): { tensor: MessageReader; name: string }[] {
  const found = reader.messages(field, field === 'input' ? 'ModelInput' : 'ModelOutput');
  if (found.length > MAX_TENSORS) reader.fail(field, `${found.length} tensors: give at most ${MAX_TENSORS}`);
  return found.map((tensor) => {
    const name = tensor.text('name') ?? '';
    return { tensor, name: name === '' ? tensor.fail('name', `an "${field}" has no "name": give that of the model's tensor`) : name };
  });
}

function readTensor(tensor: MessageReader, name: string, field: 'input' | 'output'): DeclaredTensor {
  const datatype = readDatatype(tensor);
  const dims = tensor.has('dims') ? readDims(tensor, 'dims') : undefined;
  const shape = tensor.message('reshape', 'ModelTensorReshape');
  const reshape = shape === undefined ? undefined : readDims(shape, 'shape');
  if (reshape !== undefined && dims === undefined) tensor.fail('reshape', `"reshape" of "${name}" needs "dims" beside it`);
  if (reshape !== undefined && dims !== undefined) checkReshape(tensor, dims, reshape);
  return {
    name,
    ...(datatype === undefined ? {} : { datatype }),
    ...(dims === undefined ? {} : { dims }),
    ...(reshape === undefined ? {} : { reshape }),
    isOptional: field === 'input' && (tensor.flag('optional') ?? false),
  };
}

/** -1 is free. Throws ConfigError. */
export function readDims(reader: MessageReader, name: string): number[] {
  const dims = reader.integers(name, -1, Number.MAX_SAFE_INTEGER);
  if (dims.length > MAX_RANK) reader.fail(name, `"${name}" has ${dims.length} dimensions: give at most ${MAX_RANK}`);
  if (dims.includes(0)) reader.fail(name, `"${name}" holds 0: give -1 for a free dimension, else at least 1`);
  return dims;
}

/** As many elements on both sides: the products of fixed dims are equal, and so are the counts of free ones. */
function checkReshape(tensor: MessageReader, dims: readonly number[], reshape: readonly number[]): void {
  const isEqual = product(dims) === product(reshape) && countFree(dims) === countFree(reshape);
  if (!isEqual) tensor.fail('reshape', `"reshape" [${reshape.join(', ')}] has not as many elements as "dims" [${dims.join(', ')}]`);
}

function product(dims: readonly number[]): number {
  return dims.reduce((all, dim) => (dim < 0 ? all : all * dim), 1);
}

function countFree(dims: readonly number[]): number {
  return dims.filter((dim) => dim < 0).length;
}
