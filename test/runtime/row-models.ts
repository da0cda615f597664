/** Models of the kinds that batches are made for, small, with weights that tell rows apart; each answers row by row. */
import { FLOAT, INT64, makeOnnxModel, type TestModel, type TestNode, type TestTensor } from '../builders/onnx-model.js';
import type { Chance } from '../wire/chance.js';

export interface RowModel {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly datatype: 'FP32' | 'INT64';
  /** Of the input x, without the axis of the rows, which is the first. */
  readonly dims: readonly number[];
  /** 0: bit for bit; else relative, for sums whose order the kernel picks by the number of rows. */
  readonly tolerance: number;
  /** One element of the input. */
  readonly element: (chance: Chance) => number;
  /** Makes the run fail, though shape and datatype are right. */
  readonly poison?: number;
}

function node(op: string, inputs: readonly string[], output: string, attributes: TestNode['attributes'] = {}): TestNode {
  return { op, inputs, outputs: [output], attributes };
}

/** Eighths: products and sums of small ones have no rounding, so every order of a sum gives the same bits. */
function eighths(name: string, ...dims: readonly number[]): TestTensor {
  const count = dims.reduce((product, size) => product * size, 1);
  return { name, dims, values: Array.from({ length: count }, (_, index) => (((index * 37 + 11) % 17) - 8) / 8) };
}

function model(dims: readonly number[], type: number, nodes: readonly TestNode[], initializers: readonly TestTensor[]): Uint8Array {
  const graph: TestModel = {
    nodes,
    inputs: [{ name: 'x', elemType: type, shape: ['n', ...dims] }],
    outputs: [{ name: 'y', shape: ['n', ...Array<undefined>(dims.length)] }],
    initializers,
  };
  return makeOnnxModel(graph);
}

const WHOLE = (chance: Chance): number => chance.integer(33) - 16;

const MLP: RowModel = {
  name: 'mlp',
  datatype: 'FP32',
  dims: [24],
  tolerance: 0,
  element: WHOLE,
  bytes: model(
    [24],
    FLOAT,
    [node('MatMul', ['x', 'w'], 'a'), node('Relu', ['a'], 'b'), node('Gemm', ['b', 'v', 'c'], 'y')],
    [eighths('w', 24, 40), eighths('v', 40, 7), eighths('c', 7)],
  ),
};

const EMBEDDING: RowModel = {
  name: 'embedding',
  datatype: 'INT64',
  dims: [6],
  tolerance: 1e-5,
  element: (chance) => chance.integer(50),
  poison: 1000,
  bytes: model(
    [6],
    INT64,
    [node('Gather', ['t', 'x'], 'a'), node('LayerNormalization', ['a', 's', 'b'], 'y', { axis: -1 })],
    [eighths('t', 50, 16), eighths('s', 16), eighths('b', 16)],
  ),
};

const LSTM: RowModel = {
  name: 'lstm',
  datatype: 'FP32',
  dims: [5, 4],
  tolerance: 1e-5,
  element: (chance) => chance.next() * 4 - 2,
  bytes: model(
    [5, 4],
    FLOAT,
    [
      node('Transpose', ['x'], 't', { perm: [1, 0, 2] }),
      { op: 'LSTM', inputs: ['t', 'w', 'r'], outputs: ['u'], attributes: { hidden_size: 3 } },
      node('Transpose', ['u'], 'v', { perm: [2, 0, 1, 3] }),
      node('Reshape', ['v', 'k'], 'y'),
    ],
    [eighths('w', 1, 12, 4), eighths('r', 1, 12, 3), { name: 'k', dims: [3], elemType: INT64, values: [0, 5, 3] }],
  ),
};

const TOP: RowModel = {
  name: 'top',
  datatype: 'FP32',
  dims: [9],
  tolerance: 0,
  element: WHOLE,
  bytes: model([9], FLOAT, [{ op: 'TopK', inputs: ['x', 'k'], outputs: ['y', 'i'] }], [{ name: 'k', dims: [1], elemType: INT64, values: [3] }]),
};

export const ROW_MODELS: readonly RowModel[] = [MLP, EMBEDDING, LSTM, TOP];

/** The mean of all rows is taken from each before the largest are found: rows see each other, so zero rows cannot be answered without a run. */
export const ACROSS_ROWS = model(
  [9],
  FLOAT,
  [node('ReduceMean', ['x'], 'm', { axes: [0] }), node('Sub', ['x', 'm'], 'd'), { op: 'TopK', inputs: ['d', 'k'], outputs: ['y', 'i'] }],
  [{ name: 'k', dims: [1], elemType: INT64, values: [3] }],
);
