/** What a model takes and gives, and a command that asks it: for who does not know it yet. Pure. */
import { countElements, formatShape } from '../../runtime/core/tensor.js';
import type { ModelMetadata, TensorMetadata } from '../client/inference-client.js';
import { formatTable } from '../format-table.js';
import { formatShapeFlag } from './fit-shape.js';
import { nest } from './format-tensor.js';

/** More elements than that are no example to read. */
const MOST_WRITTEN = 8;

export function formatSignature({ name, versions, platform, inputs, outputs }: ModelMetadata): string {
  const rows = (kind: string, tensors: readonly TensorMetadata[]): string[][] =>
    tensors.map((tensor) => [kind, tensor.name, tensor.datatype, formatShape(tensor.shape)]);
  const facts = [versions.length === 0 ? '' : `, version ${versions.join(', ')}`, platform === '' ? '' : ` (${platform})`].join('');
  return `${name}${facts}\n${formatTable([['', 'NAME', 'DATATYPE', 'SHAPE'], ...rows('input', inputs), ...rows('output', outputs)])}`;
}

/** `x (FP32 [-1,4]), y (BYTES [-1])` */
export function listTensors(tensors: readonly TensorMetadata[]): string {
  return tensors.map(({ name, datatype, shape }) => `${name} (${datatype} ${formatShape(shape)})`).join(', ');
}

/** `argv`: what came behind `slipway`. */
export function formatExample(argv: readonly string[], inputs: readonly TensorMetadata[]): string {
  return ['slipway', ...argv, ...inputs.flatMap(exampleOf)].map(quote).join(' ');
}

function exampleOf({ name, datatype, shape }: TensorMetadata): string[] {
  const ones = shape.map((dimension) => (dimension === -1 ? 1 : dimension));
  const count = countElements(ones);
  if (datatype !== 'BYTES' && count > MOST_WRITTEN) {
    const isFree = shape.includes(-1);
    return ['--input', `${name}=random`, ...(isFree ? ['--shape', formatShapeFlag(name, shape)] : [])];
  }
  const element = { BYTES: '"text"', BOOL: 'true', FP16: '0.5', FP32: '0.5', FP64: '0.5' }[datatype] ?? '1';
  return ['--input', `${name}=${nest(Array<string>(count).fill(element), ones, ',')}`];
}

/** For a POSIX shell. */
function quote(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
