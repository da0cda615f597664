/**
 * `data` of a tensor in JSON → its elements in row-major order. It is flat, or nested exactly as its shape:
 * for [2,3] that is [1,2,3,4,5,6] or [[1,2,3],[4,5,6]], and never [[1,2],[3,4],[5,6]], whose sender meant another shape.
 */
import { invalidArgument } from '../core/inference-error.js';
import { countElements, formatShape } from '../core/tensor.js';

/** Throws InferenceError(INVALID_ARGUMENT). The elements are yet to be checked. */
export function flattenData(name: string, shape: readonly number[], data: unknown): readonly unknown[] {
  if (!Array.isArray(data)) {
    if (shape.length === 0 && data !== null) return [data];
    throw invalidArgument(`data of input '${name}' is not an array`);
  }
  const values: readonly unknown[] = data;
  if (Array.isArray(values[0]) && shape.length > 0) {
    const flat: unknown[] = [];
    collect({ name, shape, flat }, 0, values);
    return flat;
  }
  const count = countElements(shape);
  // a negative dimension fits no model: the dataplane tells it with the shape that the model expects
  if (values.length !== count && shape.every((dimension) => dimension >= 0))
    throw invalidArgument(`input '${name}' has ${values.length} elements in data, but its shape ${formatShape(shape)} holds ${count}`);
  return values;
}

interface Target {
  readonly name: string;
  readonly shape: readonly number[];
  readonly flat: unknown[];
}

function collect(target: Target, axis: number, data: unknown): void {
  const { name, shape, flat } = target;
  if (!Array.isArray(data) || data.length !== shape[axis]) {
    const found = Array.isArray(data) ? `an array of ${data.length}` : 'no array';
    throw invalidArgument(`data of input '${name}' is nested otherwise than its shape ${formatShape(shape)}: ${found} on axis ${axis}`);
  }
  const isInnermost = axis === shape.length - 1;
  for (const member of data) {
    if (isInnermost) flat.push(member);
    else collect(target, axis + 1, member);
  }
}
