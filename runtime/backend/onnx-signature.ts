/** Signature of a loaded model from ONNX Runtime's metadata; refuses by name what the wire or the binding cannot carry. */
import { LoadError } from '../core/load-error.js';
import type { ModelSignature, TensorSpec } from '../core/signature.js';
import { describeOnnxType, findDatatype } from './native-types.js';
import type { RawMetadata } from './worker-protocol.js';

export function computeSignature(inputs: readonly RawMetadata[], outputs: readonly RawMetadata[]): ModelSignature {
  return { inputs: inputs.map((raw) => toSpec('input', raw)), outputs: outputs.map((raw) => toSpec('output', raw)) };
}

function toSpec(role: 'input' | 'output', raw: RawMetadata): TensorSpec {
  if (!raw.isTensor) {
    const message = `The ${role} "${raw.name}" is not a tensor but a sequence, map or optional, which the Open Inference Protocol cannot carry: export the model with plain tensors (scikit-learn: zipmap=False)`;
    throw new LoadError('OP_UNSUPPORTED', 'load', message);
  }
  const datatype = findDatatype(raw.type);
  if (datatype === undefined) {
    const message = `The ${role} "${raw.name}" has datatype ${describeOnnxType(raw.type)}, which ONNX Runtime's Node binding does not take: cast it inside the model, for example to FP32`;
    throw new LoadError('OP_UNSUPPORTED', 'load', message);
  }
  return { name: raw.name, datatype, shape: raw.shape, symbols: raw.shape.map((_, axis) => raw.symbolicDimensions[axis] ?? '') };
}
