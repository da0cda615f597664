/** ModelInfer messages ↔ the dataplane's. Raw tensors stay views of the message: nothing is copied or converted here. */
import type { InferParameter__Output } from '../../proto/gen/inference/InferParameter.js';
import type {
  _inference_ModelInferRequest_InferInputTensor__Output as InputTensor,
  ModelInferRequest__Output,
} from '../../proto/gen/inference/ModelInferRequest.js';
import type { ModelInferResponse } from '../../proto/gen/inference/ModelInferResponse.js';
import { isDatatype } from '../core/datatype.js';
import { invalidArgument } from '../core/inference-error.js';
import { NO_PARAMETERS, type Parameters, type ParameterValue } from '../core/parameters.js';
import type { InferRequest, InferResponse, RequestedInput } from '../dataplane/inference-request.js';
import { decodeContents, encodeContents } from './typed-contents.js';

export function decodeInferRequest(message: ModelInferRequest__Output): Omit<InferRequest, 'call'> {
  const { model_name: model, model_version: version, raw_input_contents: raw } = message;
  const outputs = message.outputs.map((output) => ({ name: output.name, parameters: decodeParameters(output.parameters) }));
  const inputs = raw.length > 0 ? decodeRaw(model, message.inputs, raw) : message.inputs.map((input) => decodeTyped(model, input));
  return { model, version, parameters: decodeParameters(message.parameters), inputs, outputs };
}

/** Typed answers for typed requests, raw ones otherwise; FP16 has no typed form, and one raw output makes all raw. */
export function encodeInferResponse(
  response: Pick<InferResponse, 'model' | 'version' | 'outputs'>,
  request: ModelInferRequest__Output,
): ModelInferResponse {
  const isTyped = request.inputs.some((input) => input.contents !== null) && response.outputs.every((output) => output.datatype !== 'FP16');
  const head = { model_name: response.model, model_version: response.version, id: request.id };
  if (!isTyped) {
    const outputs = response.outputs.map(({ name, datatype, shape }) => ({ name, datatype, shape: [...shape] }));
    return { ...head, outputs, raw_output_contents: response.outputs.map((output) => output.data) };
  }
  const outputs = response.outputs.map(({ name, datatype, shape, data }) => {
    if (datatype === 'FP16') throw new Error('FP16 is never encoded typed');
    return { name, datatype, shape: [...shape], contents: decodeContents(datatype, data) };
  });
  return { ...head, outputs };
}

function decodeRaw(model: string, inputs: readonly InputTensor[], raw: readonly Buffer[]): RequestedInput[] {
  const typed = inputs.find((input) => input.contents !== null);
  if (typed !== undefined) {
    throw invalidArgument(`contents field must not be specified when using raw_input_contents for '${typed.name}' for model '${model}'`);
  }
  if (raw.length !== inputs.length) {
    throw invalidArgument(
      `expected ${inputs.length} entries in raw_input_contents, one per input in their order, but got ${raw.length} for model '${model}'`,
    );
  }
  return inputs.map((input, index) => ({ ...describe(input), data: raw[index] ?? Buffer.alloc(0) }));
}

function decodeTyped(model: string, input: InputTensor): RequestedInput {
  const { name, datatype, contents } = input;
  const isEmpty = input.shape.some((dimension) => dimension === '0');
  if (contents === null && !isEmpty) {
    throw invalidArgument(`input '${name}' for model '${model}' has neither contents nor an entry in raw_input_contents`);
  }
  const data = contents === null || !isDatatype(datatype) ? new Uint8Array() : encodeContents(name, datatype, contents);
  return { ...describe(input), data };
}

function describe(input: InputTensor): Omit<RequestedInput, 'data'> {
  return { name: input.name, datatype: input.datatype, shape: input.shape.map(Number), parameters: decodeParameters(input.parameters) };
}

function decodeParameters(parameters: Readonly<Record<string, InferParameter__Output>>): Parameters {
  const entries = Object.entries(parameters);
  if (entries.length === 0) return NO_PARAMETERS;
  return new Map(entries.map(([name, value]) => [name, decodeParameter(value)]));
}

function decodeParameter(value: InferParameter__Output): ParameterValue {
  switch (value.parameter_choice) {
    case 'int64_param':
    case 'uint64_param':
      return BigInt(value[value.parameter_choice] ?? 0);
    case undefined:
      return undefined;
    default:
      return value[value.parameter_choice];
  }
}
