/** One small model for each operator that is trusted with tensors without elements; sizes of named dimensions are the runner's. */
import { BOOL, FLOAT, INT64, type TestAttribute, type TestModel, type TestNode, type TestTensor, type TestValue } from '../builders/onnx-model.js';

const ML = { 'ai.onnx.ml': 3 };
const IMAGE = ['n', 'c', 'h', 'w'];
const X: TestValue = { name: 'x', shape: ['n', 'm'] };
const Y: TestValue = { name: 'y' };

type Attributes = Readonly<Record<string, TestAttribute>>;

interface Variant {
  readonly attributes?: Attributes;
  readonly shape?: readonly (string | number)[];
  readonly type?: number;
  /** Constants after x, in order. */
  readonly constants?: readonly TestTensor[];
  readonly inputs?: readonly string[];
  readonly outputs?: readonly string[];
  readonly outType?: number;
  readonly domain?: string;
  readonly opset?: number;
  readonly more?: readonly TestValue[];
}

function one(op: string, variant: Variant = {}): TestModel {
  const { attributes = {}, shape = ['n', 'm'], type = FLOAT, constants = [], outType = FLOAT, domain, opset, more = [] } = variant;
  const inputs = variant.inputs ?? ['x', ...more.map(({ name }) => name), ...constants.map(({ name }) => name)];
  const node: TestNode = { op, inputs, outputs: variant.outputs ?? ['y'], attributes, ...(domain === undefined ? {} : { domain }) };
  return {
    nodes: [node],
    inputs: [{ name: 'x', shape, elemType: type }, ...more],
    outputs: [{ name: 'y', elemType: outType }],
    initializers: constants,
    ...(opset === undefined ? {} : { opset }),
    ...(domain === undefined ? {} : { domains: domain === 'ai.onnx.ml' ? ML : { [domain]: 1 } }),
  };
}

function floats(name: string, dims: readonly number[], values?: readonly number[]): TestTensor {
  return { name, dims, ...(values === undefined ? {} : { values }) };
}

function ints(name: string, ...values: readonly number[]): TestTensor {
  return { name, dims: [values.length], elemType: INT64, values };
}

const ELEMENTWISE =
  'Abs Acos Asin Atan Ceil Celu Cos Cosh Elu Erf Exp Floor HardSigmoid HardSwish Hardmax Identity LeakyRelu Log LogSoftmax Neg Reciprocal Relu Round Selu Sigmoid Sign Sin Sinh Softmax Softplus Softsign Sqrt Tan Tanh Dropout Flatten LpNormalization Trilu Clip Transpose';
const PAIRS = 'Add Div Mul Pow Sub Max Mean Min Sum';
const COMPARISONS = 'Equal Greater GreaterOrEqual Less LessOrEqual';
const LOGIC = 'And Or Xor';
const REDUCTIONS = 'ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSumSquare';

function simple(): [string, TestModel][] {
  const each = (names: string, make: (op: string) => TestModel | readonly TestModel[]): [string, TestModel][] =>
    names.split(' ').flatMap((op) => [make(op)].flat().map((model): [string, TestModel] => [op, model]));
  const axes = (name: string): Variant[] => [0, 1].map((axis) => ({ attributes: { [name]: axis } }));
  return [
    ...each(ELEMENTWISE, (op) => one(op)),
    ...each('Hardmax Softmax LogSoftmax LpNormalization Flatten', (op) => axes('axis').map((variant) => one(op, variant))),
    ...each(PAIRS, (op) => one(op, { inputs: ['x', 'x'] })),
    ...each(PAIRS, (op) => one(op, { more: [{ name: 'z', shape: ['n', 'm'] }], inputs: ['x', 'z'] })),
    ...each(COMPARISONS, (op) => one(op, { inputs: ['x', 'x'], outType: BOOL })),
    ...each(LOGIC, (op) => logic(op)),
    ...each(REDUCTIONS, (op) => [0, 1].map((axis) => one(op, { attributes: { axes: [axis] } }))),
    ...each(REDUCTIONS, (op) => one(op)),
    ...each('ReduceSum', (op) => [0, 1].map((axis) => one(op, { constants: [ints('k', axis)] }))),
    ...each('ArgMax ArgMin', (op) => axes('axis').map((variant) => one(op, { ...variant, outType: INT64 }))),
    ...each('IsInf IsNaN', (op) => one(op, { outType: BOOL })),
    ...each('Shape Size', (op) => one(op, { outType: INT64 })),
  ];
}

/** Truth comes from a comparison. */
function logic(op: string): TestModel {
  return {
    nodes: [
      { op: 'Less', inputs: ['x', 'x'], outputs: ['t'] },
      { op, inputs: op === 'Not' ? ['t'] : ['t', 't'], outputs: ['y'] },
    ],
    inputs: [X],
    outputs: [{ ...Y, elemType: BOOL }],
  };
}

function shaping(): [string, TestModel][] {
  const second: TestValue = { name: 'i', shape: ['n', 'm'], elemType: INT64 };
  const pads = ints('k', 0, 1, 0, 1);
  return [
    ['Not', logic('Not')],
    ['Cast', one('Cast', { attributes: { to: INT64 }, outType: INT64 })],
    ['Concat', one('Concat', { inputs: ['x', 'x'], attributes: { axis: 1 } })],
    ['Concat', one('Concat', { inputs: ['x', 'x'], attributes: { axis: 0 } })],
    [
      'Constant',
      {
        nodes: [
          { op: 'Constant', inputs: [], outputs: ['c'], attributes: { value: floats('c', [1], [2.5]) } },
          { op: 'Add', inputs: ['x', 'c'], outputs: ['y'] },
        ],
        inputs: [X],
        outputs: [Y],
      },
    ],
    [
      'ConstantOfShape',
      {
        nodes: [
          { op: 'Shape', inputs: ['x'], outputs: ['s'] },
          { op: 'ConstantOfShape', inputs: ['s'], outputs: ['y'] },
        ],
        inputs: [X],
        outputs: [Y],
      },
    ],
    [
      'Range',
      {
        nodes: [
          { op: 'Size', inputs: ['x'], outputs: ['s'] },
          { op: 'Range', inputs: ['zero', 's', 'one'], outputs: ['y'] },
        ],
        inputs: [X],
        outputs: [{ ...Y, elemType: INT64 }],
        initializers: [
          { name: 'zero', dims: [], elemType: INT64, values: [0] },
          { name: 'one', dims: [], elemType: INT64, values: [1] },
        ],
      },
    ],
    ['CumSum', one('CumSum', { constants: [{ name: 'k', dims: [], elemType: INT64, values: [1] }] })],
    ['CumSum', one('CumSum', { constants: [{ name: 'k', dims: [], elemType: INT64, values: [0] }] })],
    ['Compress', one('Compress', { attributes: { axis: 1 }, constants: [{ name: 'c', dims: [4], elemType: BOOL }] })],
    ['Expand', one('Expand', { constants: [ints('k', 1, 4)] })],
    ['Tile', one('Tile', { constants: [ints('k', 2, 2)] })],
    ['Squeeze', one('Squeeze', { shape: ['n', 1, 'm'], constants: [ints('k', 1)] })],
    ['Unsqueeze', one('Unsqueeze', { constants: [ints('k', 1)] })],
    ['Slice', one('Slice', { constants: [ints('a', 0), ints('b', 1), ints('k', 1)] })],
    ['Slice', one('Slice', { constants: [ints('a', 0), ints('b', 1), ints('k', 0)] })],
    ['Split', one('Split', { attributes: { axis: 1 }, outputs: ['y', 'y2'], opset: 12 })],
    ['Split', one('Split', { attributes: { axis: 0 }, outputs: ['y', 'y2'], opset: 12 })],
    ['Reshape', one('Reshape', { constants: [ints('k', -1)] })],
    ['Reshape', one('Reshape', { constants: [ints('k', 0, -1)] })],
    ['Reshape', one('Reshape', { constants: [ints('k', -1, 2)] })],
    ['Transpose', one('Transpose', { attributes: { perm: [0, 2, 1] }, shape: ['n', 'm', 'c'] })],
    ...['constant', 'reflect', 'edge'].map((mode): [string, TestModel] => ['Pad', one('Pad', { attributes: { mode }, constants: [pads] })]),
    ['OneHot', one('OneHot', { type: INT64, constants: [ints('d', 3), floats('v', [2], [0, 1])] })],
    ['NonZero', one('NonZero', { outType: INT64 })],
    [
      'Where',
      {
        nodes: [
          { op: 'Greater', inputs: ['x', 'x'], outputs: ['c'] },
          { op: 'Where', inputs: ['c', 'x', 'x'], outputs: ['y'] },
        ],
        inputs: [X],
        outputs: [Y],
      },
    ],
    ['Mod', one('Mod', { inputs: ['x', 'x'], type: INT64, outType: INT64 })],
    ['PRelu', one('PRelu', { constants: [floats('s', [1])] })],
    ['Gather', one('Gather', { type: INT64, inputs: ['t', 'x'], constants: [floats('t', [5, 3])] })],
    ['Gather', one('Gather', { constants: [ints('k', 0)] })],
    ['Gather', one('Gather', { attributes: { axis: 1 }, constants: [ints('k', 0)] })],
    ['GatherElements', one('GatherElements', { attributes: { axis: 1 }, more: [second] })],
    ['GatherND', one('GatherND', { more: [{ name: 'i', shape: ['k', 1], elemType: INT64 }] })],
    ['ScatterElements', one('ScatterElements', { attributes: { axis: 1 }, more: [second], inputs: ['x', 'i', 'x'] })],
    ['ScatterND', one('ScatterND', { more: [{ name: 'i', shape: ['n', 1], elemType: INT64 }], inputs: ['x', 'i', 'x'] })],
    [
      'ReverseSequence',
      one('ReverseSequence', {
        shape: ['s', 'n'],
        attributes: { batch_axis: 1, time_axis: 0 },
        more: [{ name: 'l', shape: ['n'], elemType: INT64 }],
      }),
    ],
    [
      'NonMaxSuppression',
      one('NonMaxSuppression', {
        shape: ['n', 'm', 4],
        more: [{ name: 's', shape: ['n', 'c', 'm'] }],
        constants: [ints('k', 2), floats('t', [1], [0.5])],
        outType: INT64,
      }),
    ],
  ];
}

function layers(): [string, TestModel][] {
  const scales = [2, 3].map((size) => floats('sc', [4], [1, 1, size, size]));
  const pool = { shape: IMAGE, attributes: { kernel_shape: [2, 2] } };
  return [
    ['LayerNormalization', one('LayerNormalization', { constants: [floats('s', [4])] })],
    ['MatMul', one('MatMul', { constants: [floats('w', [4, 3])] })],
    ['MatMul', one('MatMul', { more: [{ name: 'z', shape: ['m', 'k'] }] })],
    ['MatMul', one('MatMul', { shape: ['n', 's', 'm'], more: [{ name: 'z', shape: ['n', 'm', 'k'] }] })],
    ['Gemm', one('Gemm', { constants: [floats('w', [4, 3]), floats('b', [3])] })],
    ['Gemm', one('Gemm', { attributes: { transA: 1 }, constants: [floats('w', [2, 3])] })],
    ['Einsum', one('Einsum', { attributes: { equation: 'ij,jk->ik' }, constants: [floats('w', [4, 3])] })],
    ['Conv', one('Conv', { shape: IMAGE, attributes: { pads: [1, 1, 1, 1] }, constants: [floats('w', [2, 4, 3, 3])] })],
    ['Conv', one('Conv', { shape: IMAGE, constants: [floats('w', [2, 4, 3, 3])] })],
    ['Conv', one('Conv', { shape: IMAGE, attributes: { group: 4 }, constants: [floats('w', [4, 1, 1, 1])] })],
    ['Conv', one('Conv', { shape: ['n', 'c', 'h'], constants: [floats('w', [2, 4, 3])] })],
    ['ConvTranspose', one('ConvTranspose', { shape: IMAGE, constants: [floats('w', [4, 2, 3, 3])] })],
    ...['MaxPool', 'AveragePool'].map((op): [string, TestModel] => [op, one(op, pool)]),
    ...['MaxPool', 'AveragePool'].map((op): [string, TestModel] => [
      op,
      one(op, { shape: IMAGE, attributes: { kernel_shape: [2, 2], pads: [1, 1, 1, 1] } }),
    ]),
    ...['GlobalAveragePool', 'GlobalMaxPool'].map((op): [string, TestModel] => [op, one(op, { shape: IMAGE })]),
    ['LRN', one('LRN', { shape: IMAGE, attributes: { size: 3 } })],
    [
      'BatchNormalization',
      one('BatchNormalization', { shape: IMAGE, constants: ['s', 'b', 'e', 'v'].map((name) => floats(name, [4], [1, 1, 1, 1])) }),
    ],
    ...scales.flatMap((sc) =>
      ['linear', 'nearest', 'cubic'].map((mode): [string, TestModel] => [
        'Resize',
        one('Resize', { shape: IMAGE, attributes: { mode }, inputs: ['x', '', 'sc'], constants: [sc] }),
      ]),
    ),
    ['Resize', one('Resize', { shape: IMAGE, attributes: { mode: 'nearest' }, inputs: ['x', '', '', 'z'], constants: [ints('z', 2, 4, 8, 8)] })],
    ['Upsample', one('Upsample', { shape: IMAGE, attributes: { mode: 'nearest' }, opset: 9, constants: [floats('sc', [4], [1, 1, 2, 2])] })],
    ...['DepthToSpace', 'SpaceToDepth'].map((op): [string, TestModel] => [op, one(op, { shape: IMAGE, attributes: { blocksize: 2 } })]),
    ['GridSample', one('GridSample', { shape: IMAGE, more: [{ name: 'g', shape: ['n', 's', 'k', 2] }] })],
    ['RNN', one('RNN', { shape: ['s', 'n', 'm'], attributes: { hidden_size: 2 }, constants: [floats('w', [1, 2, 4]), floats('r', [1, 2, 2])] })],
    [
      'com.microsoft.Attention',
      one('Attention', {
        shape: ['n', 's', 4],
        attributes: { num_heads: 2 },
        constants: [floats('w', [4, 12]), floats('b', [12])],
        domain: 'com.microsoft',
      }),
    ],
    [
      'com.microsoft.SkipLayerNormalization',
      one('SkipLayerNormalization', { shape: ['n', 's', 4], inputs: ['x', 'x', 'g'], constants: [floats('g', [4])], domain: 'com.microsoft' }),
    ],
    ['com.microsoft.Gelu', one('Gelu', { domain: 'com.microsoft' })],
    ['DynamicQuantizeLinear', one('DynamicQuantizeLinear', { outputs: ['y', 's', 'z'], outType: 2 })],
    ['QuantizeLinear', one('QuantizeLinear', { constants: [floats('s', [], [0.5])], outType: 2 })],
    [
      'DequantizeLinear',
      {
        nodes: [
          { op: 'QuantizeLinear', inputs: ['x', 's'], outputs: ['q'] },
          { op: 'DequantizeLinear', inputs: ['q', 's'], outputs: ['y'] },
        ],
        inputs: [X],
        outputs: [Y],
        initializers: [floats('s', [], [0.5])],
      },
    ],
    [
      'MatMulInteger',
      {
        nodes: [
          { op: 'QuantizeLinear', inputs: ['x', 's'], outputs: ['q'] },
          { op: 'QuantizeLinear', inputs: ['w', 's'], outputs: ['v'] },
          { op: 'MatMulInteger', inputs: ['q', 'v'], outputs: ['y'] },
        ],
        inputs: [X, { name: 'w', shape: ['m', 'k'] }],
        outputs: [{ ...Y, elemType: 6 }],
        initializers: [floats('s', [], [0.5])],
      },
    ],
  ];
}

function control(): [string, TestModel][] {
  const flag: TestTensor = { name: 'flag', dims: [], elemType: BOOL, values: [1] };
  const branch = { nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['b'] }], inputs: [], outputs: [{ name: 'b' }] };
  const trip = {
    nodes: [
      { op: 'Identity', inputs: ['c'], outputs: ['d'] },
      { op: 'Add', inputs: ['v', 'v'], outputs: ['u'] },
    ],
    inputs: [{ name: 'i', elemType: INT64, shape: [] }, { name: 'c', elemType: BOOL, shape: [] }, { name: 'v' }],
    outputs: [{ name: 'd', elemType: BOOL, shape: [] }, { name: 'u' }],
  };
  const step = { nodes: [{ op: 'Add', inputs: ['a', 'a'], outputs: ['b'] }], inputs: [{ name: 'a' }], outputs: [{ name: 'b' }] };
  return [
    ['If', one('If', { inputs: ['flag'], constants: [flag], attributes: { then_branch: branch, else_branch: branch } })],
    [
      'Loop',
      one('Loop', {
        inputs: ['trips', 'flag', 'x'],
        constants: [flag, { name: 'trips', dims: [], elemType: INT64, values: [3] }],
        attributes: { body: trip },
      }),
    ],
    ['Scan', one('Scan', { attributes: { body: step, num_scan_inputs: 1 } })],
  ];
}

function classic(): [string, TestModel][] {
  const ml = (op: string, attributes: Attributes, rest: Variant = {}): [string, TestModel] => [
    `ai.onnx.ml.${op}`,
    one(op, { attributes, domain: 'ai.onnx.ml', ...rest }),
  ];
  const tree = {
    nodes_falsenodeids: [2, 0, 0],
    nodes_featureids: [0, 0, 0],
    nodes_modes: ['BRANCH_LEQ', 'LEAF', 'LEAF'],
    nodes_nodeids: [0, 1, 2],
    nodes_treeids: [0, 0, 0],
    nodes_truenodeids: [1, 0, 0],
    nodes_values: { floats: [0.5, 0, 0] },
  };
  const leaves = (kind: string) => ({
    [`${kind}_ids`]: [0, 0],
    [`${kind}_nodeids`]: [1, 2],
    [`${kind}_treeids`]: [0, 0],
    [`${kind}_weights`]: { floats: [1.5, 2.5] },
  });
  const rbf = { kernel_type: 'RBF', kernel_params: { floats: [0.5, 0, 3] }, rho: { floats: [0.5] } };
  const both: Variant = { outputs: ['y', 'p'], outType: INT64 };
  return [
    ml('ArrayFeatureExtractor', {}, { constants: [ints('k', 0)] }),
    ml('Binarizer', { threshold: 0.5 }),
    ml('FeatureVectorizer', { inputdimensions: [4] }),
    ml('Imputer', { imputed_value_floats: { floats: [1.5] } }),
    ml('LinearRegressor', { coefficients: { floats: [1.5, 2.5, 1.5, 0.5] }, intercepts: { floats: [0.5] }, targets: 1 }),
    ml(
      'LinearClassifier',
      { coefficients: { floats: [1.5, 2.5, 1.5, 0.5, 1, 1, 1, 1] }, intercepts: { floats: [0.5, 0.5] }, classlabels_ints: [0, 1] },
      both,
    ),
    ...['MAX', 'L1', 'L2'].map((norm) => ml('Normalizer', { norm })),
    ml('Scaler', { offset: { floats: [0.5] }, scale: { floats: [1.5] } }),
    ml('SVMRegressor', { ...rbf, coefficients: { floats: [1.5] }, support_vectors: { floats: [1, 2, 3, 4.5] }, n_supports: 1 }),
    ml(
      'SVMClassifier',
      {
        ...rbf,
        classlabels_ints: [0, 1],
        coefficients: { floats: [1.5, -1.5] },
        support_vectors: { floats: [1, 2, 3, 4.5, 1, 1, 1, 1] },
        vectors_per_class: [1, 1],
      },
      both,
    ),
    ml('TreeEnsembleRegressor', { n_targets: 1, ...tree, ...leaves('target') }),
    ml('TreeEnsembleClassifier', { classlabels_int64s: [0, 1], ...tree, ...leaves('class') }, both),
  ];
}

/** By operator, in the form of TAKES_EMPTY; several models for some. */
export const EMPTY_MODELS: readonly (readonly [string, TestModel])[] = [...simple(), ...shaping(), ...layers(), ...control(), ...classic()];
