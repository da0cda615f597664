/**
 * What clients see of a model whose configuration declares dims: narrower than the model's own, or of another form
 * (`reshape`). A shape goes over by its dims: fixed ones take the other side's, and the k-th free one is the k-th free one.
 */
import { invalidArgument } from './inference-error.js';
import type { DeclaredTensor, ModelSettings } from './model-settings.js';
import type { ModelSignature, TensorSpec } from './signature.js';
import { formatShape } from './tensor.js';

/** Null when clients see the model as it is. */
export function computeServedSignature(signature: ModelSignature, settings: ModelSettings): ModelSignature | null {
  const inputs = signature.inputs.map((spec) => serve(spec, settings.inputs, settings));
  const outputs = signature.outputs.map((spec) => serve(spec, settings.outputs, settings));
  const isSame = [...inputs, ...outputs].every((spec, index) => spec === [...signature.inputs, ...signature.outputs][index]);
  return isSame ? null : { inputs, outputs };
}

/** Shape of `tensor` on the other side, `from` and `to` without batch axis. `[8, 3, 7]` from [3, -1] to [1, 3, -1]: `[8, 1, 3, 7]`. */
export function convertShape(
  shape: readonly number[],
  dims: { readonly from: readonly number[]; readonly to: readonly number[]; readonly hasBatchAxis: boolean },
): number[] {
  const lead = dims.hasBatchAxis ? 1 : 0;
  const own = shape.slice(lead);
  const isFit = own.length === dims.from.length && dims.from.every((dim, axis) => dim < 0 || dim === own[axis]);
  if (!isFit) throw invalidArgument(`shape ${formatShape(shape)} does not have the configured dims ${formatShape(dims.from)}`);
  const free = own.filter((_, axis) => (dims.from[axis] ?? 0) < 0).values();
  return [...shape.slice(0, lead), ...dims.to.map((dim) => (dim < 0 ? (free.next().value ?? 1) : dim))];
}

function serve(spec: TensorSpec, declared: readonly DeclaredTensor[], settings: ModelSettings): TensorSpec {
  const { dims, reshape } = declared.find((other) => other.name === spec.name) ?? {};
  if (dims === undefined) return spec;
  const hasBatchAxis = (settings.maxBatchRows ?? 0) > 0;
  const shape = hasBatchAxis ? [-1, ...dims] : dims;
  if (reshape === undefined && shape.every((dim, axis) => dim === spec.shape[axis])) return spec;
  // Names of free dimensions hold only where the axes are the model's own.
  const symbols = shape.map((dim, axis) => (dim < 0 && (reshape === undefined || (hasBatchAxis && axis === 0)) ? (spec.symbols[axis] ?? '') : ''));
  const own = spec.default;
  if (own === undefined || reshape === undefined) return { ...spec, shape, symbols };
  // That the default has the declared form was held against the model before (findMismatch).
  return { ...spec, shape, symbols, default: { ...own, shape: convertShape(own.shape, { from: reshape, to: dims, hasBatchAxis }) } };
}
