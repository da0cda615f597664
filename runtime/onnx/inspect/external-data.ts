/** Files that hold weights beside the model; a path that leaves the model's folder is refused, since a model is not trusted to name files. */
import type { OnnxModel, OnnxTensor } from '../onnx-model.js';
import { walkNodes } from '../read-model.js';
import { OnnxFormatError } from '../wire-reader.js';

export interface ExternalFile {
  /** Relative to the model's folder, with slashes. */
  readonly location: string;
  readonly tensors: number;
  /** Bytes that the file must have at least, as far as offsets and lengths say. */
  readonly minBytes: number;
}

/** Throws OnnxFormatError when a location is absolute, climbs out of the folder, or is missing. */
export function listExternalData(model: OnnxModel): readonly ExternalFile[] {
  const files = new Map<string, ExternalFile>();
  for (const tensor of externalTensors(model)) {
    const location = checkLocation(tensor);
    const known = files.get(location);
    const end = readCount(tensor, 'offset') + readCount(tensor, 'length');
    files.set(location, { location, tensors: (known?.tensors ?? 0) + 1, minBytes: Math.max(known?.minBytes ?? 0, end) });
  }
  return [...files.values()];
}

function* externalTensors(model: OnnxModel): Generator<OnnxTensor> {
  const { graph } = model;
  yield* [...graph.initializers, ...graph.sparseInitializers].filter(isExternal);
  for (const node of walkNodes(model)) {
    for (const attribute of node.attributes.values()) {
      if (attribute.tensor !== undefined && isExternal(attribute.tensor)) yield attribute.tensor;
      for (const inner of attribute.graphs()) yield* [...inner.initializers, ...inner.sparseInitializers].filter(isExternal);
    }
  }
}

function isExternal(tensor: OnnxTensor): boolean {
  return tensor.external !== undefined;
}

function checkLocation(tensor: OnnxTensor): string {
  const location = tensor.external?.get('location') ?? '';
  const parts = location.split('/');
  const isOutside = location === '' || /^[A-Za-z]:|[\\\0]/.test(location) || parts.includes('..') || parts.some((part) => part === '');
  if (!isOutside) return parts.filter((part) => part !== '.').join('/');
  throw new OnnxFormatError(`Tensor "${tensor.name}" has its data in "${location}": give a path inside the model's folder, without ".."`);
}

function readCount(tensor: OnnxTensor, key: string): number {
  const text = tensor.external?.get(key) ?? '0';
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new OnnxFormatError(`Tensor "${tensor.name}" has ${key} "${text}" in its external data: give a whole number of bytes`);
}
