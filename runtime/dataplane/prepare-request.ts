/** A request against a loaded model: checked, its tensors fetched from where they lie, its answer's way known. */
import { checkInputs, checkOutputs } from '../core/check-request.js';
import { classify, readClassification } from '../core/classification.js';
import { InferenceError } from '../core/inference-error.js';
import { NO_PARAMETERS, type Parameters } from '../core/parameters.js';
import { type RequestOptions, readRequestOptions } from '../core/request-options.js';
import type { Tensor, UncheckedTensor } from '../core/tensor.js';
import type { AnsweredOutput, InferRequest, RequestedInput, RequestedOutput } from './inference-request.js';
import type { Servable } from './ports.js';
import { readSharedPlace, type SharedMemory, type SharedPlace } from './shared-memory.js';

export interface PreparedRequest {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly string[];
  readonly rows: number;
  readonly bytes: number;
  readonly options: RequestOptions;
}

/** `shared` undefined: shared memory is off. Throws InferenceError. */
export function prepareRequest(servable: Servable, request: InferRequest, shared: SharedMemory | undefined): PreparedRequest {
  const { signature, plan } = servable;
  const options = readRequestOptions(request.parameters);
  const inputs = checkInputs(request.model, signature, fetchInputs(request.inputs, shared));
  const outputs = checkOutputs(
    request.model,
    signature,
    request.outputs.map((output) => output.name),
  );
  let bytes = 0;
  for (const input of inputs) bytes += input.data.byteLength;
  return {
    inputs,
    outputs,
    rows: countRows(inputs, plan.inputAxes),
    bytes,
    options,
  };
}

/** What the client asked for instead of the plain tensors: classes, or a place in shared memory. */
export function finishOutputs(
  servable: Servable,
  requested: readonly RequestedOutput[],
  outputs: readonly Tensor[],
  shared: SharedMemory | undefined,
): readonly AnsweredOutput[] {
  if (requested.every((output) => output.parameters.size === 0)) return outputs;
  return outputs.map((tensor, index) => {
    const parameters = requested[index]?.parameters ?? NO_PARAMETERS;
    const classes = readClassification(tensor.name, parameters.get('classification'));
    const options = { classes, labels: servable.settings.labels.get(tensor.name) ?? [], hasBatch: hasBatchAxis(servable, tensor.name) };
    const output = classes === 0 ? tensor : classify(tensor, options);
    const place = readSharedPlace(`output '${tensor.name}'`, parameters);
    return place === undefined ? output : moveToShared(output, place, requireShared(tensor.name, shared));
  });
}

function fetchInputs(inputs: readonly RequestedInput[], shared: SharedMemory | undefined): readonly UncheckedTensor[] {
  if (inputs.every((input) => input.parameters.size === 0)) return inputs;
  return inputs.map((input) => {
    const place = readSharedPlace(`input '${input.name}'`, input.parameters);
    return place === undefined ? input : { ...input, data: requireShared(input.name, shared).read(place) };
  });
}

function moveToShared(output: Tensor, place: SharedPlace, shared: SharedMemory): AnsweredOutput {
  shared.write(place, output.data);
  const parameters: Parameters = new Map<string, string | bigint>([
    ['shared_memory_region', place.region],
    ['shared_memory_byte_size', BigInt(output.data.byteLength)],
    ...(place.offset === 0 ? [] : [['shared_memory_offset', BigInt(place.offset)] as const]),
  ]);
  return { ...output, data: new Uint8Array(), parameters };
}

function requireShared(tensor: string, shared: SharedMemory | undefined): SharedMemory {
  if (shared !== undefined) return shared;
  throw new InferenceError(
    'UNIMPLEMENTED',
    `tensor '${tensor}' asks for shared memory, which is off on this server: start it with --admin to switch it on, or send the tensor in the message`,
  );
}

/** Rows along the batch axis of the first input that has one; 1 for a model without. Both are in the order of the signature. */
function countRows(inputs: readonly Tensor[], axes: readonly (number | undefined)[]): number {
  for (let index = 0; index < inputs.length; index++) {
    const axis = axes[index];
    if (axis !== undefined) return inputs[index]?.shape[axis] ?? 1;
  }
  return 1;
}

function hasBatchAxis(servable: Servable, output: string): boolean {
  return servable.plan.outputAxes[servable.signature.outputs.findIndex(({ name }) => name === output)] === 0;
}
