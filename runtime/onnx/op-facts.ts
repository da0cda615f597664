/** Operators that draw random numbers: their answers cannot be cached, nor told apart from a mixing of rows. */
import type { OnnxNode } from './onnx-model.js';

const RANDOM: ReadonlySet<string> = new Set(['RandomNormal', 'RandomNormalLike', 'RandomUniform', 'RandomUniformLike', 'Multinomial', 'Bernoulli']);

export function isRandom(node: OnnxNode): boolean {
  return node.domain === '' && RANDOM.has(node.opType);
}
