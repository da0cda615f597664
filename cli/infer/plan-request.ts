/** What was asked for and what the model has → the request. Pure. */
import type { ModelMetadata, ModelRequest } from '../client/inference-client.js';
import { listTensors } from '../tensors/describe-signature.js';
import { buildInputs } from '../tensors/input-flags.js';
import { UsageError } from '../usage-error.js';
import type { InferOptions } from './infer-flags.js';

export interface InferPlan {
  readonly request: ModelRequest;
  /** Outputs whose highest classes are asked for. */
  readonly classified: ReadonlySet<string>;
  /** Inputs of the model without a value. Some models have defaults for some, which only the server knows. */
  readonly missing: readonly string[];
}

/** Datatypes that Triton's extension does not rank. */
const WITHOUT_CLASSES = new Set(['BYTES', 'FP16', 'BOOL']);

/** Throws UsageError. */
export function planRequest(metadata: ModelMetadata, options: InferOptions): InferPlan {
  const { model, version, id, parameters, classes } = options;
  const { tensors, missing } = buildInputs(metadata, options.inputs);
  const names = options.outputs.length > 0 || classes === undefined ? options.outputs : metadata.outputs.map(({ name }) => name);
  const unknown = names.find((name) => !metadata.outputs.some((output) => output.name === name));
  if (unknown !== undefined)
    throw new UsageError(`--output ${unknown}: model ${model} has no such output. Its outputs are ${listTensors(metadata.outputs)}`);
  const classified = new Set(classes === undefined ? [] : names.filter((name) => isRankable(metadata, name)));
  if (classes !== undefined && classified.size === 0)
    throw new UsageError(`--classes ranks numbers, and none of the outputs has any: ${listTensors(metadata.outputs)}`);
  const outputs = names.map((name) =>
    classified.has(name) && classes !== undefined ? { name, parameters: new Map([['classification', BigInt(classes)]]) } : name,
  );
  return { request: { model, version, id, parameters, inputs: tensors, outputs }, classified, missing: missing.map(({ name }) => name) };
}

function isRankable({ outputs }: ModelMetadata, name: string): boolean {
  return outputs.some((output) => output.name === name && !WITHOUT_CLASSES.has(output.datatype));
}
