/** Builds requests for the fake session, each with rows that no other has. */
import { CallState } from '../../runtime/core/call-state.js';
import type { Tensor } from '../../runtime/core/tensor.js';

export interface WorkShape {
  /** The value in the first element of the first row; further rows count up. */
  readonly first: number;
  readonly rows?: number;
  readonly width?: number;
  readonly scalar?: number;
}

export function makeInputs({ first, rows = 1, width = 2, scalar = 0 }: WorkShape): Tensor[] {
  const values = Int32Array.from({ length: rows * width }, (_, i) => (i % width === 0 ? first + i / width : i));
  return [
    { name: 'x', datatype: 'INT32', shape: [rows, width], data: new Uint8Array(values.buffer) },
    { name: 's', datatype: 'INT32', shape: [], data: new Uint8Array(Int32Array.of(scalar).buffer) },
  ];
}

/** What the fake session answers to that request by itself. */
export function makeOutputs(shape: WorkShape): Tensor[] {
  const { first, rows = 1 } = shape;
  const [x, s] = makeInputs(shape);
  if (x === undefined || s === undefined) throw new Error('makeInputs makes two');
  const firsts = Int32Array.from({ length: x.shape[1] === 0 ? 0 : rows }, (_, row) => first + row);
  return [
    { ...x, name: 'y', data: x.data.map((byte) => ~byte) },
    { name: 'z', datatype: 'INT32', shape: [1, rows], data: new Uint8Array(firsts.buffer) },
    { ...s, name: 't' },
  ];
}

export function makeItem(shape: WorkShape) {
  const inputs = makeInputs(shape);
  const bytes = inputs.reduce((sum, input) => sum + input.data.byteLength, 0);
  return { inputs, rows: shape.rows ?? 1, outputs: ['y', 'z', 't'], priority: 0, call: new CallState(), bytes };
}
