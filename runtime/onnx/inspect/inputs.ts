/** What clients have to send, what the wire cannot carry, and which input masks which. */
import { ELEM, type OnnxDim, type OnnxModel, type OnnxValueInfo } from '../onnx-model.js';

/** Inputs that every request must send, in the graph's order. Before IR version 4 every weight was listed among the inputs, and none could be sent. */
export function findRequiredInputs(model: OnnxModel): readonly OnnxValueInfo[] {
  const defaults = new Set([...model.graph.initializers, ...model.graph.sparseInitializers].map(({ name }) => name));
  return model.graph.inputs.filter(({ name }) => !defaults.has(name));
}

export interface Bf16Tensors {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** Inputs and outputs of type BF16, which ONNX Runtime's Node binding cannot hand over. */
export function findBf16(model: OnnxModel): Bf16Tensors {
  const names = (values: readonly OnnxValueInfo[]) =>
    values.flatMap(({ name, type }) => (type?.kind === 'tensor' && type.elemType === ELEM.BFLOAT16 ? [name] : []));
  return { inputs: names(model.graph.inputs), outputs: names(model.graph.outputs) };
}

export interface SequenceMask {
  /** The input that is 1 where a token counts and 0 where it is padding. */
  readonly maskInput: string;
  /** All inputs that grow with the sequence, the mask among them. */
  readonly paddedInputs: readonly string[];
  readonly axis: number;
  /** Name of the sequence's dimension. */
  readonly symbol: string;
}

const MASK = /^(attention|input|padding)_?mask$/i;

/**
 * By name and shape alone: that padding under the mask changes no answer is still to be checked with numbers. undefined when no input
 * is named like a mask, or when the sequence's dimension has no name that ties the inputs together.
 */
export function findSequenceMask(model: OnnxModel): SequenceMask | undefined {
  const inputs = findRequiredInputs(model);
  const mask = inputs.find(({ name }) => MASK.test(name));
  const shape = mask === undefined ? [] : shapeOf(mask);
  const [batch, sequence] = shape;
  if (mask === undefined || shape.length !== 2 || typeof sequence !== 'string' || batch === sequence) return undefined;
  const grown = inputs.filter((input) => shapeOf(input).includes(sequence));
  const isAlike = grown.every((input) => shapeOf(input).length === 2 && shapeOf(input)[0] === batch && shapeOf(input)[1] === sequence);
  if (!isAlike || grown.length < 2) return undefined;
  return { maskInput: mask.name, paddedInputs: grown.map(({ name }) => name), axis: 1, symbol: sequence };
}

function shapeOf(input: OnnxValueInfo): readonly OnnxDim[] {
  return input.type?.kind === 'tensor' ? (input.type.shape ?? []) : [];
}
