/**
 * Which models may be run on tensors without elements. ONNX Runtime 1.30 ends the process in some kernels (TopK divides by the
 * number of rows, LSTM and GRU by the batch, InstanceNormalization reads beyond an empty image), so only operators that a test
 * runs with every dimension 0 are trusted, and one that nobody tried is not (docs/adr/0031).
 */
import type { OnnxModel, OnnxNode } from '../onnx-model.js';
import { walkNodes } from '../read-model.js';

/** Run in test/runtime/empty-tensors.e2e.test.ts, each alone: an answer or a refusal, and the process lives. */
export const TAKES_EMPTY: ReadonlySet<string> = new Set(
  [
    'Abs Acos Add And ArgMax ArgMin Asin Atan AveragePool BatchNormalization Cast Ceil Celu Clip Compress Concat Constant ConstantOfShape',
    'Conv ConvTranspose Cos Cosh CumSum DepthToSpace DequantizeLinear Div Dropout DynamicQuantizeLinear Einsum Elu Equal Erf Exp Expand',
    'Flatten Floor Gather GatherElements GatherND Gemm GlobalAveragePool GlobalMaxPool Greater GreaterOrEqual GridSample',
    'HardSigmoid HardSwish Hardmax Identity If IsInf IsNaN LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax Loop',
    'LpNormalization LRN MatMul MatMulInteger Max MaxPool Mean Min Mod Mul Neg NonMaxSuppression NonZero Not OneHot Or Pad Pow PRelu',
    'QuantizeLinear Range Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum',
    'ReduceSumSquare Relu Reshape Resize ReverseSequence RNN Round Scan ScatterElements ScatterND Selu Shape Sigmoid Sign Sin Sinh Size',
    'Slice Softmax Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum Tan Tanh Tile Transpose Trilu Unsqueeze Upsample Where Xor',
  ]
    .join(' ')
    .split(' ')
    .concat(
      [
        'ArrayFeatureExtractor Binarizer FeatureVectorizer Imputer LinearClassifier LinearRegressor Normalizer Scaler SVMClassifier SVMRegressor',
        'TreeEnsembleClassifier TreeEnsembleRegressor',
      ]
        .join(' ')
        .split(' ')
        .map((op) => `ai.onnx.ml.${op}`),
      ['com.microsoft.Attention', 'com.microsoft.Gelu', 'com.microsoft.SkipLayerNormalization'],
    ),
);

/** Their output's size comes from values: none may be left, whatever the inputs' sizes. */
const SIZED_BY_VALUES: ReadonlySet<string> = new Set(['Compress', 'NonMaxSuppression', 'NonZero', 'Unique']);

export interface EmptyTensorFacts {
  /** The first operator that is not known to take tensors without elements; undefined: all do. */
  readonly risk: string | undefined;
  /** The operator that may hand it one, though no input of the model is empty; undefined: none does. */
  readonly inside: string | undefined;
}

export function findEmptyTensorFacts(model: OnnxModel): EmptyTensorFacts {
  const local = new Set(model.functions.map(({ domain, name }) => qualify(domain, name))); // their nodes are walked too
  let risk: OnnxNode | undefined;
  let inside: OnnxNode | undefined;
  for (const node of walkNodes(model)) {
    const name = qualify(node.domain, node.opType);
    if (!TAKES_EMPTY.has(name) && !local.has(name)) risk ??= node;
    if (node.domain === '' && SIZED_BY_VALUES.has(node.opType)) inside ??= node;
  }
  return { risk: describe(risk), inside: risk === undefined ? undefined : describe(inside) };
}

function qualify(domain: string, opType: string): string {
  return domain === '' ? opType : `${domain}.${opType}`;
}

function describe(node: OnnxNode | undefined): string | undefined {
  if (node === undefined) return undefined;
  return node.name === '' ? node.opType : `${node.opType} (node "${node.name}")`;
}
