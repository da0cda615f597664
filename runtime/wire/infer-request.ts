/** ModelInferRequest: bytes → a request whose tensors are raw, whatever form they came in. What both gRPC paths call. */
import { invalidArgument } from '../core/inference-error.js';
import { NO_PARAMETERS, type Parameters, type ParameterValue } from '../core/parameters.js';
import type { UncheckedTensor } from '../core/tensor.js';
import { WIRE_LIMITS } from './limits.js';
import { ParameterBudget, readParameter } from './parameters.js';
import { checkDimensions, convertTyped, countDecodedBytes, readTensor, type TensorMessage } from './tensor-message.js';
import { MAX_DEPTH, WIRE, WireReader } from './wire-reader.js';

/** `data`: raw bytes; a view of the message unless the elements had to be converted. */
export interface WireInput extends UncheckedTensor {
  readonly parameters: Parameters;
}

export interface WireOutput {
  readonly name: string;
  readonly parameters: Parameters;
}

export interface WireInferRequest {
  readonly model: string;
  /** '' for the latest that is ready. */
  readonly version: string;
  readonly id: string;
  readonly parameters: Parameters;
  readonly inputs: readonly WireInput[];
  /** Empty: every output of the model. */
  readonly outputs: readonly WireOutput[];
  /** Some input carried `contents`: the answer is typed where it can be. */
  readonly isTyped: boolean;
}

/** The message as it is on the wire. */
class RequestMessage {
  model = '';
  version = '';
  id = '';
  parameters: Parameters = NO_PARAMETERS;
  readonly inputs: TensorMessage[] = [];
  readonly outputs: WireOutput[] = [];
  readonly raw: Buffer[] = [];
}

/**
 * `message` is one whole ModelInferRequest, without gRPC's prefix; the result keeps views of it. Throws InferenceError only:
 * INVALID_ARGUMENT for what is no protobuf or contradicts itself. `reserve` hears, before they are made, how many bytes of
 * memory the tensors take beyond the message, and may throw.
 */
export function decodeInferRequest(message: Buffer, reserve?: (bytes: number) => void): WireInferRequest {
  const { model, version, id, parameters, inputs, outputs, raw } = readRequest(message);
  const isTyped = inputs.some((input) => input.contents !== undefined);
  if (isTyped && raw.length === 0) reserve?.(inputs.reduce((bytes, input) => bytes + countDecodedBytes(input), 0));
  const tensors = raw.length > 0 ? assignRaw(model, inputs, raw) : inputs.map((input) => decodeTyped(message, model, input));
  return { model, version, id, parameters, inputs: tensors, outputs, isTyped };
}

function readRequest(message: Buffer): RequestMessage {
  const reader = new WireReader(message, 'ModelInferRequest');
  const request = new RequestMessage();
  const budget = new ParameterBudget();
  let parameters: Map<string, ParameterValue> | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.readTag();
    switch (tag) {
      case (1 << 3) + WIRE.bytes:
        request.model = reader.readString('model_name');
        break;
      case (2 << 3) + WIRE.bytes:
        request.version = reader.readString('model_version');
        break;
      case (3 << 3) + WIRE.bytes:
        request.id = reader.readString('id');
        break;
      case (4 << 3) + WIRE.bytes:
        budget.take(reader);
        parameters ??= new Map();
        readParameter(reader, parameters, MAX_DEPTH);
        break;
      case (5 << 3) + WIRE.bytes:
        requireRoom(reader, request.inputs.length, 'inputs');
        request.inputs.push(readTensor(reader, budget, MAX_DEPTH));
        break;
      case (6 << 3) + WIRE.bytes:
        requireRoom(reader, request.outputs.length, 'outputs');
        request.outputs.push(readOutput(reader, budget, MAX_DEPTH));
        break;
      case (7 << 3) + WIRE.bytes:
        requireRoom(reader, request.raw.length, 'entries of raw_input_contents');
        request.raw.push(readBytes(reader));
        break;
      default:
        reader.skip(tag, MAX_DEPTH);
    }
  }
  if (parameters !== undefined) request.parameters = parameters;
  return request;
}

/** InferRequestedOutputTensor. */
function readOutput(reader: WireReader, budget: ParameterBudget, depth: number): WireOutput {
  const outer = reader.enter();
  let name = '';
  let parameters: Map<string, ParameterValue> | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.readTag();
    if (tag === (1 << 3) + WIRE.bytes) name = reader.readString('the name of an output');
    else if (tag === (2 << 3) + WIRE.bytes) {
      budget.take(reader);
      parameters ??= new Map();
      readParameter(reader, parameters, depth - 1);
    } else reader.skip(tag, depth - 1);
  }
  reader.leave(outer);
  return { name, parameters: parameters ?? NO_PARAMETERS };
}

/** A view of the message. */
export function readBytes(reader: WireReader): Buffer {
  const length = reader.readLength();
  reader.pos += length;
  return reader.bytes.subarray(reader.pos - length, reader.pos);
}

export function requireRoom(reader: WireReader, count: number, what: string): void {
  if (count === WIRE_LIMITS.tensors) throw reader.malformed(`more than ${WIRE_LIMITS.tensors} ${what}`);
}

/** Inputs in shared memory take no entry. */
function assignRaw(model: string, inputs: readonly TensorMessage[], raw: readonly Buffer[]): WireInput[] {
  const typed = inputs.find((input) => input.contents !== undefined);
  if (typed !== undefined) {
    throw invalidArgument(`contents field must not be specified when using raw_input_contents for '${typed.name}' for model '${model}'`);
  }
  const wanted = inputs.reduce((count, input) => (isShared(input) ? count : count + 1), 0);
  if (raw.length !== wanted) {
    throw invalidArgument(
      `expected ${wanted} entries in raw_input_contents, one per input in their order, but got ${raw.length} for model '${model}'`,
    );
  }
  let next = 0;
  return inputs.map((input) => describe(model, input, (isShared(input) ? undefined : raw[next++]) ?? new Uint8Array()));
}

function decodeTyped(message: Buffer, model: string, input: TensorMessage): WireInput {
  const isEmpty = input.shape.includes(0) || isShared(input);
  if (input.contents === undefined && !isEmpty) {
    throw invalidArgument(`input '${input.name}' for model '${model}' has neither contents nor an entry in raw_input_contents`);
  }
  return describe(model, input, convertTyped(message, input, { kind: 'input', name: input.name }));
}

function describe(model: string, input: TensorMessage, data: Uint8Array): WireInput {
  checkDimensions(input, { kind: 'input', name: input.name }, model);
  const { name, datatype, shape, parameters } = input;
  return { name, datatype, shape, parameters, data };
}

function isShared(input: TensorMessage): boolean {
  return input.parameters.size > 0 && input.parameters.has('shared_memory_region');
}
