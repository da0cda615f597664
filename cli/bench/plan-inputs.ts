/** The inputs that a benchmark sends: what was given, and noise for the rest. Pure. */
import { formatShape, type Tensor } from '../../runtime/core/tensor.js';
import type { ModelMetadata } from '../client/inference-client.js';
import type { InputSource } from '../tensors/build-tensor.js';
import { buildInputs, type InputFlags, resolveNames } from '../tensors/input-flags.js';

export interface PlannedInputs {
  readonly tensors: readonly Tensor[];
  /** One line: names, datatypes, shapes, and which are noise. */
  readonly description: string;
}

/** Throws UsageError. */
export function planInputs(metadata: ModelMetadata, { sources: given, shapes }: InputFlags): PlannedInputs {
  const named = resolveNames('--input', given, { model: metadata.name, inputs: metadata.inputs });
  const sources = new Map<string, InputSource>(metadata.inputs.map(({ name }) => [name, named.get(name) ?? { filling: 'random' }]));
  const { tensors } = buildInputs(metadata, { sources, shapes });
  const texts = tensors.map(({ name, datatype, shape }) => `${name} ${datatype} ${formatShape(shape)}${named.has(name) ? '' : ' random'}`);
  return { tensors, description: texts.join(', ') };
}
