/** Whether a model is what its configuration declares: names, datatypes and dims, before the first request meets the difference. */
import type { DeclaredTensor, ModelSettings } from './model-settings.js';
import type { ModelSignature, TensorSpec } from './signature.js';
import { formatShape } from './tensor.js';

/** A sentence that names the first difference and the fix; undefined when there is none. */
export function findMismatch(signature: ModelSignature, settings: ModelSettings): string | undefined {
  const hasBatchAxis = (settings.maxBatchRows ?? 0) > 0;
  for (const kind of ['input', 'output'] as const) {
    const specs = kind === 'input' ? signature.inputs : signature.outputs;
    for (const declared of kind === 'input' ? settings.inputs : settings.outputs) {
      const spec = specs.find((other) => other.name === declared.name);
      const problem = spec === undefined ? `the model has none of that name; it has ${listNames(specs)}` : compare(declared, spec, hasBatchAxis);
      if (problem !== undefined) return `The configuration declares ${kind} "${declared.name}", but ${problem}`;
    }
  }
  return findSequenceMismatch(signature, settings);
}

function compare(declared: DeclaredTensor, spec: TensorSpec, hasBatchAxis: boolean): string | undefined {
  if (declared.datatype !== undefined && declared.datatype !== spec.datatype)
    return `its data_type is ${declared.datatype} there and ${spec.datatype} in the model: make the configuration ${spec.datatype}`;
  if (declared.isOptional && spec.default === undefined)
    return 'it is optional there and the model has no default for it: remove "optional", or give the graph an initializer of that name (IR version 4 or later)';
  if (declared.dims === undefined) return undefined;
  const own = declared.reshape ?? declared.dims;
  const whole = hasBatchAxis ? [-1, ...own] : own;
  if (hasBatchAxis && spec.shape[0] !== -1)
    return `"max_batch_size" above 0 needs a free first dimension, and the model has ${formatShape(spec.shape)}: set "max_batch_size" to 0`;
  const fits = whole.length === spec.shape.length && whole.every((dim, axis) => fitsDimension(dim, spec.shape[axis]));
  if (fits) return compareDefault(whole, spec);
  const batch = hasBatchAxis ? ' (the batch axis in front, because of "max_batch_size")' : '';
  return `its dims are ${formatShape(whole)}${batch} and the model has ${formatShape(spec.shape)}: make them agree`;
}

/** What a request may leave out has to be something that it could have sent. */
function compareDefault(dims: readonly number[], spec: TensorSpec): string | undefined {
  const shape = spec.default?.shape;
  if (shape === undefined || dims.every((dim, axis) => fitsDimension(shape[axis] ?? 0, dim))) return undefined;
  return `its dims are ${formatShape(dims)} and the model's default for it has the shape ${formatShape(shape)}: make the dims free`;
}

/** Where the model is free, the configuration may be narrower; never the other way round. */
function fitsDimension(declared: number, own: number | undefined): boolean {
  return own === -1 || own === declared;
}

function findSequenceMismatch({ inputs, outputs }: ModelSignature, { sequence }: ModelSettings): string | undefined {
  for (const { inputName, outputName, datatype } of sequence?.states ?? []) {
    const input = inputs.find((spec) => spec.name === inputName);
    const output = outputs.find((spec) => spec.name === outputName);
    if (input === undefined) return `"sequence_batching" keeps a state for input "${inputName}", but the model's inputs are ${listNames(inputs)}`;
    if (output === undefined)
      return `"sequence_batching" takes a state from output "${outputName}", but the model's outputs are ${listNames(outputs)}`;
    const other = [input, output].find((spec) => spec.datatype !== datatype);
    if (other !== undefined) return `state "${inputName}" has data_type ${datatype}, but "${other.name}" is ${other.datatype} in the model`;
  }
  for (const { inputName, datatype } of sequence?.controls ?? []) {
    const input = inputs.find((spec) => spec.name === inputName);
    if (input === undefined) return `"control_input" names "${inputName}", but the model's inputs are ${listNames(inputs)}`;
    if (input.datatype !== datatype) return `"control_input" "${inputName}" is ${datatype}, but the model's input is ${input.datatype}`;
  }
  return undefined;
}

function listNames(specs: readonly TensorSpec[]): string {
  return specs.length === 0 ? 'none' : specs.map((spec) => `"${spec.name}"`).join(', ');
}
