import { describe, expect, test } from '@jest/globals';
import { BOOL, INT64, makeOnnxModel, type TestModel, type TestNode, type TestTensor } from '../../../test/builders/onnx-model.js';
import { readModel } from '../read-model.js';
import { proveRowIndependence, type RowProof } from './prove-row-independence.js';

function prove(model: TestModel): RowProof {
  return proveRowIndependence(readModel(makeOnnxModel(model)));
}

function node(op: string, inputs: string, output: string, attributes: TestNode['attributes'] = {}, domain = ''): TestNode {
  return { op, inputs: inputs.split(' ').filter((name) => name !== ''), outputs: output.split(' '), attributes, domain, name: `the ${op}` };
}

function ints(name: string, ...values: readonly number[]): TestTensor {
  return { name, dims: [values.length], elemType: INT64, values };
}

function scalar(name: string, value: number): TestTensor {
  return { name, dims: [], elemType: INT64, values: [value] };
}

/** x: [n, 3, 4] → y. */
function model(nodes: readonly TestNode[], initializers: readonly TestTensor[] = [], more: Partial<TestModel> = {}): TestModel {
  return { nodes, inputs: [{ name: 'x', shape: ['n', 3, 4] }], outputs: [{ name: 'y' }], initializers, ...more };
}

const heads = [
  node('Shape', 'x', 's'),
  node('Gather', 's zero', 'n', { axis: 0 }),
  node('Unsqueeze', 'n axis0', 'n1'),
  node('Concat', 'n1 rest', 'shape', { axis: 0 }),
];
const zeros = [scalar('zero', 0), ints('axis0', 0)];

interface Proven {
  readonly name: string;
  readonly model: TestModel;
  readonly wantAxes?: readonly (number | undefined)[];
}

const PROVEN: readonly Proven[] = [
  { name: 'an elementwise operator', model: model([node('Relu', 'x', 'y')]) },
  { name: 'a bias', model: model([node('Add', 'x b', 'y')], [{ name: 'b', dims: [1, 3, 1] }]) },
  { name: 'a product by a weight', model: model([node('MatMul', 'x w', 'y')], [{ name: 'w', dims: [4, 7] }]) },
  { name: 'a weight from the left', model: model([node('MatMul', 'w x', 'y')], [{ name: 'w', dims: [5, 3] }]) },
  { name: 'attention of each row with itself', model: model([node('Transpose', 'x', 't', { perm: [0, 2, 1] }), node('MatMul', 'x t', 'y')]) },
  { name: 'a transposed batch', model: model([node('Transpose', 'x', 'y', { perm: [1, 0, 2] })]), wantAxes: [1] },
  { name: 'a mean over another axis', model: model([node('ReduceMean', 'x', 'y', { axes: [1], keepdims: 0 })]) },
  { name: 'a reshape by 0 and -1', model: model([node('Reshape', 'x to', 'y')], [ints('to', 0, -1)]) },
  { name: 'a reshape to a computed shape', model: model([...heads, node('Reshape', 'x shape', 'y')], [...zeros, ints('rest', 2, 6)]) },
  {
    name: 'rows laid flat, multiplied and taken apart again',
    model: model(
      [node('Reshape', 'x flat', 'f'), node('MatMul', 'f w', 'm'), ...heads, node('Reshape', 'm shape', 'y')],
      [...zeros, ints('flat', -1, 4), ints('rest', 3, 5), { name: 'w', dims: [4, 5] }],
    ),
  },
  { name: 'zeros for each row', model: model([node('Shape', 'x', 's'), node('ConstantOfShape', 's', 'z'), node('Add', 'x z', 'y')]) },
  {
    name: 'a shared state expanded to the rows',
    model: model([...heads, node('Expand', 'c shape', 'y')], [...zeros, ints('rest', 5), { name: 'c', dims: [1, 5] }]),
  },
  { name: 'the batch axis taken whole', model: model([node('Slice', 'x a b c', 'y')], [ints('a', 0), ints('b', 2 ** 40), ints('c', 0)]) },
  { name: 'softmax before opset 13, over the axes after the batch', model: model([node('Softmax', 'x', 'y', { axis: 1 })], [], { opset: 11 }) },
  { name: 'instance normalization', model: model([node('InstanceNormalization', 'x w w', 'y')], [{ name: 'w', dims: [3] }]) },
  { name: 'an Einsum that keeps the letter', model: model([node('Einsum', 'x w', 'y', { equation: 'nct,td->ncd' })], [{ name: 'w', dims: [4, 2] }]) },
  {
    name: 'a branch on a known condition',
    model: model(
      [
        node('If', 'c', 'y', {
          then_branch: { nodes: [node('Relu', 'x', 'a')], inputs: [], outputs: [{ name: 'a' }] },
          else_branch: { nodes: [node('CumSum', 'x zero', 'b')], inputs: [], outputs: [{ name: 'b' }] },
        }),
      ],
      [scalar('zero', 0), { name: 'c', dims: [], elemType: BOOL, values: [1] }],
    ),
  },
  { name: 'an unnamed batch', model: model([node('Relu', 'x', 'y')], [], { inputs: [{ name: 'x', shape: [undefined, 4] }] }) },
];

const STATE: TestModel = {
  nodes: [node('LSTM', 'x w r  ', 'seq h', { hidden_size: 2 })].map((one) => ({ ...one, inputs: ['x', 'w', 'r', '', '', 'state'] })),
  inputs: [
    { name: 'x', shape: ['t', 'n', 3] },
    { name: 'state', shape: [1, 'n', 2] },
  ],
  outputs: [{ name: 'seq' }, { name: 'h' }],
  initializers: [
    { name: 'w', dims: [1, 8, 3] },
    { name: 'r', dims: [1, 8, 2] },
  ],
};

const REFUSED: readonly { readonly name: string; readonly model: TestModel; readonly wantWhy: RegExp }[] = [
  {
    name: 'a mean over the batch',
    model: model([node('ReduceMean', 'x', 'y', { axes: [0] })]),
    wantWhy: /"the ReduceMean" .* along the batch axis 0/,
  },
  { name: 'a mean over everything', model: model([node('ReduceMean', 'x', 'y')]), wantWhy: /all axes/ },
  { name: 'softmax over the batch', model: model([node('Softmax', 'x', 'y', { axis: 0 })]), wantWhy: /along the batch axis 0/ },
  { name: 'softmax of opset 11 from axis 0 on', model: model([node('Softmax', 'x', 'y', { axis: 0 })], [], { opset: 11 }), wantWhy: /from 0 on/ },
  {
    name: 'rows meeting rows',
    model: model([node('Transpose', 'x', 't', { perm: [1, 2, 0] }), node('MatMul', 'x t', 'y')]),
    wantWhy: /multiplies rows with other rows/,
  },
  { name: 'rows into each other', model: model([node('Reshape', 'x to', 'y')], [ints('to', 2, -1)]), wantWhy: /rows into each other/ },
  { name: 'the first row', model: model([node('Gather', 'x i', 'y')], [ints('i', 0)]), wantWhy: /picks along the batch axis 0/ },
  {
    name: 'the rows in reverse',
    model: model([node('Slice', 'x a b c d', 'y')], [ints('a', -1), ints('b', -(2 ** 40)), ints('c', 0), ints('d', -1)]),
    wantWhy: /cuts the batch/,
  },
  { name: 'rows side by side', model: model([node('Concat', 'x x', 'y', { axis: 0 })]), wantWhy: /joins along the batch axis 0/ },
  { name: 'a bias per row', model: model([node('Add', 'x b', 'y')], [{ name: 'b', dims: [2, 1, 1] }]), wantWhy: /not of size 1/ },
  { name: 'squeeze without axes', model: model([node('Squeeze', 'x', 'y')]), wantWhy: /give it axes/ },
  {
    name: 'division by the number of rows',
    model: model([node('Size', 'x', 's'), node('Cast', 's', 'f', { to: 1 }), node('Div', 'x f', 'y')]),
    wantWhy: /depends on the number of rows/,
  },
  {
    name: 'numbers of rows',
    model: model([...heads, node('Range', 'zero n one', 'y')], [...zeros, scalar('one', 1), ints('rest', 1)]),
    wantWhy: /counts the rows/,
  },
  { name: 'the shape as an output', model: model([node('Shape', 'x', 'y')]), wantWhy: /tells the number of rows/ },
  {
    name: 'training',
    model: model([node('BatchNormalization', 'x w w w w', 'y', { training_mode: 1 })], [{ name: 'w', dims: [3] }]),
    wantWhy: /training mode/,
  },
  {
    name: 'one scale for the batch',
    model: model([node('DynamicQuantizeLinear', 'x', 'y s z')]),
    wantWhy: /one scale from the values of the whole batch/,
  },
  {
    name: 'the default of MeanVarianceNormalization',
    model: model([node('MeanVarianceNormalization', 'x', 'y')]),
    wantWhy: /along the batch axis 0/,
  },
  { name: 'random numbers', model: model([node('RandomNormalLike', 'x', 'y')]), wantWhy: /random/ },
  { name: 'an operator nobody knows', model: model([node('Warp', 'x', 'y', {}, 'example.com')]), wantWhy: /\(example\.com\.Warp\) is not known/ },
  { name: 'a fixed batch', model: model([node('Relu', 'x', 'y')], [], { inputs: [{ name: 'x', shape: [1, 4] }] }), wantWhy: /fixed shape \[1, 4\]/ },
  {
    name: 'a mean that no output needs, but that runs',
    model: model([node('Relu', 'x', 'y'), node('CumSum', 'x zero', 'dead')], [scalar('zero', 0)]),
    wantWhy: /CumSum/,
  },
  { name: 'an Einsum that sums it', model: model([node('Einsum', 'x', 'y', { equation: 'nct->ct' })]), wantWhy: /sums over the batch/ },
];

describe('row independence', () => {
  test.each(PROVEN)('holds for $name', ({ model: given, wantAxes }) => {
    expect(prove(given)).toEqual({ independent: true, inputAxes: [0], outputAxes: wantAxes ?? [0], symbol: given.inputs[0]?.shape?.[0] ?? '' });
  });

  test.each(REFUSED)('is refused for $name', ({ model: given, wantWhy }) => {
    expect(prove(given)).toEqual(expect.objectContaining({ independent: false, why: expect.stringMatching(wantWhy) }));
  });

  test('has a state on axis 1, and a scalar that all rows share', () => {
    expect(prove({ ...STATE, nodes: STATE.nodes.map((one) => ({ ...one, attributes: { hidden_size: 2 } })) })).toEqual({
      independent: true,
      inputAxes: [1, 1],
      outputAxes: [2, 1],
      symbol: 'n',
    });
    const shared: TestModel = {
      ...model([node('Mul', 'x k', 'y')]),
      inputs: [
        { name: 'x', shape: ['n', 4] },
        { name: 'k', shape: [] },
      ],
    };
    expect(prove(shared)).toEqual({ independent: true, inputAxes: [0, undefined], outputAxes: [0], symbol: 'n' });
  });

  test('goes both ways where an unknown size decides on the layout, and leaves out the way that cannot run', () => {
    const branch = (one: TestNode) => ({ nodes: [one], inputs: [], outputs: [{ name: one.outputs[0] ?? '' }] });
    const given: TestModel = {
      ...STATE,
      nodes: [
        node('Shape', 'x', 's'),
        node('Gather', 's zero', 't', { axis: 0 }),
        node('Equal', 't one', 'is1'),
        node('If', 'is1', 'seq', { then_branch: branch(node('Squeeze', 'x first', 'a')), else_branch: branch(node('Identity', 'x', 'b')) }),
        { op: 'LSTM', inputs: ['seq', 'w', 'r', '', '', 'state'], outputs: ['all', 'h'], attributes: { hidden_size: 2 } },
      ],
      outputs: [{ name: 'h' }],
      initializers: [...(STATE.initializers ?? []), scalar('zero', 0), scalar('one', 1), ints('first', 0)],
    };
    expect(prove(given)).toEqual({ independent: true, inputAxes: [1, 1], outputAxes: [1], symbol: 'n' });
    const turned = node('If', 'is1', 'y', {
      then_branch: branch(node('Transpose', 'x', 'a', { perm: [1, 0, 2] })),
      else_branch: branch(node('Identity', 'x', 'b')),
    });
    const second = node('Gather', 's one', 't', { axis: 0 });
    const open = model([node('Shape', 'x', 's'), second, node('Equal', 't one', 'is1'), turned], [scalar('one', 1)], {
      inputs: [{ name: 'x', shape: ['n', 't', 3] }],
    });
    expect(prove(open)).toEqual(expect.objectContaining({ independent: false, why: expect.stringMatching(/on different axes/) }));
  });

  test('follows a Scan that hands nothing on, over the rows and over what they share', () => {
    const body = (state: string, out: string): TestModel => ({
      nodes: [node('Identity', 'kept', state), node('Sub', 'kept step', 'd'), node('ReduceSumSquare', 'd', out, { axes: [-1], keepdims: 0 })],
      inputs: [{ name: 'kept' }, { name: 'step' }],
      outputs: [{ name: state }, { name: out }],
    });
    const distances = (inputs: string) => ({
      ...model([node('Scan', inputs, 'last y', { body: body('same', 'square'), num_scan_inputs: 1 })], [{ name: 'points', dims: [6, 4] }]),
      inputs: [{ name: 'x', shape: ['n', 4] }],
    });
    expect(prove(distances('points x'))).toEqual({ independent: true, inputAxes: [0], outputAxes: [0], symbol: 'n' });
    expect(prove(distances('x points'))).toEqual({ independent: true, inputAxes: [0], outputAxes: [1], symbol: 'n' });
    const summing = { ...body('sum', 'square'), nodes: [node('Add', 'kept step', 'sum'), node('Neg', 'sum', 'square')] };
    const running = {
      ...distances('zero x'),
      nodes: [node('Scan', 'zero x', 'last y', { body: summing, num_scan_inputs: 1 })],
      initializers: [{ name: 'zero', dims: [4] }],
    };
    expect(prove(running)).toEqual(expect.objectContaining({ independent: false, why: expect.stringMatching(/from one step to the next/) }));
  });

  test('keeps symbols apart whose names look like sums of others', () => {
    const given = (width: string): TestModel => ({
      ...model([
        node('Shape', 'z', 's'),
        node('Gather', 's axis1', 'w', { axis: 0 }),
        node('Concat', 'all w', 'shape', { axis: 0 }),
        node('Reshape', 'x shape', 'y'),
      ]),
      inputs: [
        { name: 'x', shape: ['n', 'a b'] },
        { name: 'z', shape: ['n', width] },
      ],
      initializers: [ints('axis1', 1), ints('all', -1)],
    });
    expect(prove(given('a b')).independent).toBe(true);
    for (const width of ['a_b', 'a+b', 'a%20;b']) expect(prove(given(width)).independent).toBe(false);
  });

  test('takes no default for granted that a request can replace', () => {
    const given = model([node('CumSum', 'x axis', 'y')], [scalar('axis', 1)]);
    expect(prove(given).independent).toBe(true);
    const replaceable = { ...given, inputs: [...given.inputs, { name: 'axis', elemType: INT64, shape: [] }] };
    expect(prove(replaceable)).toEqual(expect.objectContaining({ independent: false, why: expect.stringMatching(/not known before the run/) }));
  });
});
