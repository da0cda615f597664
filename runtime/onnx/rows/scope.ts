/** Names and what is known of them, with the graphs around a subgraph. */
import type { OnnxTensor } from '../onnx-model.js';
import { constant, type Dim, sameDim } from './dim.js';
import { newShared, type Shared, type Value } from './value.js';

export class Scope {
  private readonly values = new Map<string, Value>();

  constructor(private readonly parent?: Scope) {}

  set(name: string, value: Value): void {
    this.values.set(name, value);
  }

  get(name: string): Value | undefined {
    return this.values.get(name) ?? this.parent?.get(name);
  }
}

const LARGEST = Number.MAX_SAFE_INTEGER;

/** A weight or a constant: its shape, and its elements when all are whole numbers. INT64_MAX, which ends slices, becomes 2^53 - 1. */
export function tensorValue(tensor: OnnxTensor): Shared {
  const shape = tensor.dims.map(constant);
  const elements: Dim[] = [];
  for (const value of tensor.values ?? []) {
    if (typeof value === 'string') return newShared(shape, tensor.dataType);
    const number = Math.min(Math.max(Number(value), -LARGEST), LARGEST);
    if (!Number.isInteger(number)) return newShared(shape, tensor.dataType);
    elements.push(constant(number === 0 ? 0 : number));
  }
  return { kind: 'shared', shape, elemType: tensor.dataType, elements: tensor.values === undefined ? undefined : elements };
}

/** Values of the two branches of an If whose condition is the same for all rows, or undefined where they differ in kind. */
export function joinBranches(a: Value, b: Value, unknown: () => Dim): Value | undefined {
  if (a.kind === 'bad') return a;
  if (b.kind === 'bad') return b;
  if (a.kind === 'shared' && b.kind === 'shared') return newShared(joinShapes(a.shape, b.shape, unknown));
  if (a.kind !== 'rows' || b.kind !== 'rows' || a.rows.axis !== b.rows.axis || a.shape.length !== b.shape.length) return undefined;
  const [whole, other] = [a.shape[a.rows.axis], b.shape[b.rows.axis]];
  if (whole === undefined || other === undefined || !sameDim(whole, other)) return undefined;
  return { kind: 'rows', shape: joinShapes(a.shape, b.shape, unknown) ?? a.shape, elemType: undefined, rows: a.rows };
}

function joinShapes(a: readonly Dim[] | undefined, b: readonly Dim[] | undefined, unknown: () => Dim): readonly Dim[] | undefined {
  if (a === undefined || b === undefined || a.length !== b.length) return undefined;
  return a.map((dim, axis) => {
    const other = b[axis];
    return other !== undefined && sameDim(dim, other) ? dim : unknown();
  });
}
