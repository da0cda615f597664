/** Holds a request against the model's signature; every refusal names the tensor and what the model expects. */
import { isUtf8 } from 'node:buffer';
import { splitBytesElements } from './bytes-elements.js';
import { DATATYPES, isDatatype } from './datatype.js';
import { invalidArgument } from './inference-error.js';
import type { ModelSignature, TensorSpec } from './signature.js';
import { countElements, formatShape, type Tensor, type UncheckedTensor } from './tensor.js';

/**
 * All inputs in the order of the model's signature, optional ones that the request left out as their default. A default is taken as the
 * file has it, whatever number of rows the others bring: so ONNX Runtime would have done. Throws InferenceError(INVALID_ARGUMENT).
 */
export function checkInputs(model: string, signature: ModelSignature, inputs: readonly UncheckedTensor[]): Tensor[] {
  const [only] = inputs;
  const [spec] = signature.inputs;
  // Most models take one tensor, for which nothing has to be looked up.
  if (only !== undefined && spec?.name === only.name && inputs.length === 1 && signature.inputs.length === 1) return [checkInput(model, spec, only)];
  const byName = new Map<string, UncheckedTensor>();
  for (const input of inputs) {
    if (byName.has(input.name)) throw invalidArgument(`input '${input.name}' appears more than once for model '${model}'`);
    byName.set(input.name, input);
  }
  checkNames(model, signature, [...byName.keys()]);
  const checked = signature.inputs.flatMap((spec) => {
    const input = byName.get(spec.name);
    if (input !== undefined) return [checkInput(model, spec, input)];
    return spec.default === undefined ? [] : [spec.default];
  });
  checkBatchSizes(model, signature, checked);
  return checked;
}

/** Inputs whose first dimension has the same name hold the same number of rows; ONNX Runtime would broadcast or fail inside. */
function checkBatchSizes(model: string, signature: ModelSignature, inputs: readonly Tensor[]): void {
  const rows = new Map<string, number>();
  for (const [index, { name, shape }] of inputs.entries()) {
    const spec = signature.inputs[index];
    const symbol = spec?.symbols[0] ?? '';
    const [size] = shape;
    if (inputs[index] === spec?.default) continue;
    if (symbol === '' || symbol === '?' || size === undefined) continue; // some exporters call every free dimension "?"
    const others = rows.get(symbol) ?? size;
    rows.set(symbol, others);
    if (others !== size)
      throw invalidArgument(`input '${name}' batch size does not match other inputs for '${model}': it has ${size}, they ${others}`);
  }
}

/**
 * With `max_batch_size` above 0 no request may have more rows; 0: as many as the model takes. Rows lie on the first axis of the
 * inputs where that axis is free. Throws InferenceError(INVALID_ARGUMENT) in Triton's words.
 */
export function checkMaxBatchSize(
  model: string,
  signature: ModelSignature,
  { inputs, maxBatchRows }: { readonly inputs: readonly UncheckedTensor[]; readonly maxBatchRows: number },
): void {
  if (maxBatchRows === 0) return;
  for (const { name, shape } of inputs) {
    const isBatched = signature.inputs.find((spec) => spec.name === name)?.shape[0] === -1;
    const rows = shape[0] ?? 1;
    if (isBatched && rows > maxBatchRows)
      throw invalidArgument(`inference request batch-size must be <= ${maxBatchRows} for '${model}', and is ${rows}`);
  }
}

/** Names of the outputs to compute, in the order asked for; all of the model's when none is named. */
export function checkOutputs(model: string, signature: ModelSignature, requested: readonly string[]): string[] {
  const known = signature.outputs.map((output) => output.name);
  if (requested.length === 0) return known;
  if (requested.length === 1 && requested[0] === known[0]) return [...requested];
  for (const name of requested) {
    if (!known.includes(name))
      throw invalidArgument(`unexpected inference output '${name}' for model '${model}'. Allowed outputs are: ${quote(known)}`);
  }
  if (new Set(requested).size !== requested.length) throw invalidArgument(`an output is requested more than once for model '${model}'`);
  return [...requested];
}

function checkNames(model: string, signature: ModelSignature, got: readonly string[]): void {
  const expected = signature.inputs.map((input) => input.name);
  const unexpected = got.find((name) => !expected.includes(name));
  if (unexpected !== undefined) {
    throw invalidArgument(`unexpected inference input '${unexpected}' for model '${model}'. Allowed inputs are: ${quote(expected)}`);
  }
  const required = signature.inputs.flatMap((input) => (input.default === undefined ? [input.name] : []));
  const missing = required.filter((name) => !got.includes(name));
  if (missing.length > 0) {
    const count =
      required.length === expected.length ? `${expected.length} inputs` : `number of inputs between ${required.length} and ${expected.length}`;
    throw invalidArgument(
      `expected ${count} but got ${got.length} inputs for model '${model}'. Got input(s) [${quote(got)}], but missing required input(s) [${quote(missing)}]. Please provide all required input(s).`,
    );
  }
}

function checkInput(model: string, spec: TensorSpec, input: UncheckedTensor): Tensor {
  const { name, datatype, shape, data } = input;
  if (datatype !== spec.datatype || !isDatatype(datatype)) {
    throw invalidArgument(`inference input '${name}' data-type is '${datatype}', but model '${model}' expects '${spec.datatype}'`);
  }
  checkShape(model, spec, input);
  const { size } = DATATYPES[datatype];
  if (size === undefined) checkStrings(model, input);
  else if (data.byteLength !== countElements(shape) * size) {
    const expected = countElements(shape) * size;
    throw invalidArgument(
      `input byte size mismatch for input '${name}' for model '${model}'. Expected ${expected} bytes for shape ${formatShape(shape)} of ${datatype}, got ${data.byteLength}`,
    );
  }
  return { name, datatype, shape, data };
}

function checkShape(model: string, spec: TensorSpec, input: UncheckedTensor): void {
  const { name, shape } = input;
  const fits =
    shape.length === spec.shape.length &&
    shape.every(
      (dimension, axis) => Number.isSafeInteger(dimension) && dimension >= 0 && (spec.shape[axis] === -1 || spec.shape[axis] === dimension),
    ) &&
    Number.isSafeInteger(countElements(shape));
  if (!fits) {
    throw invalidArgument(
      `unexpected shape for input '${name}' for model '${model}'. Expected ${formatShape(spec.shape)}, got ${formatShape(shape)}`,
    );
  }
}

/** ONNX Runtime's Node binding takes strings as text that ends at the first NUL: what it would mangle is refused. */
function checkStrings(model: string, input: UncheckedTensor): void {
  const about = `input '${input.name}' for model '${model}'`;
  const elements = splitBytesElements(input.data);
  if (typeof elements === 'string') throw invalidArgument(`BYTES of ${about} are broken: ${elements}`);
  const expected = countElements(input.shape);
  if (elements.length !== expected) {
    throw invalidArgument(
      `unexpected number of string elements ${elements.length} for ${about}. Expected ${expected} for shape ${formatShape(input.shape)}`,
    );
  }
  const bad = elements.findIndex((element) => element.includes(0) || !isUtf8(element));
  if (bad >= 0) throw invalidArgument(`element ${bad} of ${about} is not UTF-8 text without NUL, which is what an ONNX string tensor can hold here`);
}

function quote(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(',');
}
