/**
 * Some exporters list every weight among the graph's inputs (PyTorch 1's keep_initializers_as_inputs, old converters). Those are no inputs
 * that anybody means to send; as plain inputs they would cost a copy with each request, and a proof that rows are independent its constants.
 * Optional inputs are taken for weights, all of them, when
 *  - there are more than MAX_OPTIONAL; or
 *  - they are at least half of all initializers and one of them looks like a weight: larger than MAX_PLAIN_BYTES, or read by an operator with
 *    learned parameters in the place of these (Conv's second input).
 * Examples: a threshold alone in a model: no; w and b of its only Gemm: yes; one listed bias among 40 unlisted weights: no.
 */
import { countElements } from '../../core/tensor.js';
import type { OnnxModel, OnnxTensor } from '../onnx-model.js';
import { walkNodes } from '../read-model.js';

export const MAX_OPTIONAL = 16;
export const MAX_PLAIN_BYTES = 64 * 1024;

/** First input that carries learned parameters. */
const LEARNED: Readonly<Record<string, number>> = {
  Conv: 1,
  ConvInteger: 1,
  ConvTranspose: 1,
  QLinearConv: 1,
  Gemm: 1,
  MatMul: 1,
  MatMulInteger: 1,
  QLinearMatMul: 1,
  LSTM: 1,
  GRU: 1,
  RNN: 1,
  BatchNormalization: 1,
  InstanceNormalization: 1,
  LayerNormalization: 1,
  GroupNormalization: 1,
  PRelu: 1,
};

/** A sentence, or undefined when the inputs `listed` (those with an initializer) are meant to be sent. */
export function findWhyWeights(model: OnnxModel, listed: ReadonlySet<string>): string | undefined {
  const { initializers, sparseInitializers } = model.graph;
  if (listed.size > MAX_OPTIONAL)
    return `The model lists ${listed.size} initializers among its inputs; of more than ${MAX_OPTIONAL} all are taken for weights`;
  if (listed.size * 2 < initializers.length + sparseInitializers.length) return undefined;
  const large = initializers.find((tensor) => listed.has(tensor.name) && leastBytes(tensor) > MAX_PLAIN_BYTES);
  const weight = large?.name ?? findLearned(model, listed);
  return weight === undefined
    ? undefined
    : `The model lists ${listed.size} of its ${initializers.length + sparseInitializers.length} initializers among its inputs, and "${weight}" is a weight: all are taken for weights`;
}

/** A lower bound: the dims of types that are smaller than a byte are counted as bytes. */
function leastBytes({ dims, dataType }: OnnxTensor): number {
  const size = [7, 11, 13].includes(dataType) ? 8 : [1, 6, 12].includes(dataType) ? 4 : [4, 5, 10, 16].includes(dataType) ? 2 : 1;
  return countElements(dims) * size;
}

function findLearned(model: OnnxModel, listed: ReadonlySet<string>): string | undefined {
  for (const { opType, inputs } of walkNodes(model)) {
    const first = Object.hasOwn(LEARNED, opType) ? LEARNED[opType] : undefined;
    const found = first === undefined ? undefined : inputs.slice(first).find((name) => listed.has(name));
    if (found !== undefined) return found;
  }
  return undefined;
}
