/** ModelInferResponse, alone and as the answer of a stream: what the server sends and what clients read. */

import { isDatatype } from '../core/datatype.js';
import { invalidArgument } from '../core/inference-error.js';
import { NO_PARAMETERS, type Parameters, type ParameterValue } from '../core/parameters.js';
import type { Tensor } from '../core/tensor.js';
import { readBytes, requireRoom } from './infer-request.js';
import { ParameterBudget, readParameter } from './parameters.js';
import { convertTyped, readTensor, type TensorMessage } from './tensor-message.js';
import { MAX_DEPTH, WIRE, WireReader } from './wire-reader.js';
import { type EncodedMessage, WireWriter } from './wire-writer.js';
import { hasContents } from './write-contents.js';
import { expectBytes, type WireTensor, writeParameters, writeRaw, writeTensors, writeTextField } from './write-tensor.js';

export interface InferAnswer {
  readonly model: string;
  readonly version: string;
  readonly parameters?: Parameters;
  readonly outputs: readonly WireTensor[];
}

/** What of the request shapes its answer. */
export interface AnsweredRequest {
  readonly id: string;
  readonly isTyped: boolean;
}

/** Typed answers for typed requests, raw ones otherwise; FP16 has no typed form, and one raw output makes all raw. */
export function encodeInferResponse(answer: InferAnswer, request: AnsweredRequest): EncodedMessage {
  const writer = newWriter(answer, request);
  writeAnswer(writer, answer, request);
  return writer.finish();
}

/** ModelStreamInferResponse: an answer, or why there is none. With an error, `request` may still name the id. */
export function encodeStreamResponse(result: InferAnswer | { readonly errorMessage: string }, request: AnsweredRequest): EncodedMessage {
  if ('errorMessage' in result) {
    const writer = new WireWriter(2 * result.errorMessage.length + request.id.length + 32);
    const since = writer.byteLength;
    writeTextField(writer, 3, request.id);
    if (writer.byteLength > since) writer.wrap(2, since);
    writeTextField(writer, 1, result.errorMessage);
    return writer.finish();
  }
  const writer = newWriter(result, request);
  const since = writer.byteLength;
  writeAnswer(writer, result, request);
  writer.wrap(2, since);
  return writer.finish();
}

function newWriter({ model, version, outputs, parameters }: InferAnswer, { id, isTyped }: AnsweredRequest): WireWriter {
  return new WireWriter(expectBytes(outputs, [model, version, id], isTyped) + 48 * (parameters?.size ?? 0) + 16);
}

function writeAnswer(writer: WireWriter, { model, version, parameters, outputs }: InferAnswer, request: AnsweredRequest): void {
  const isTyped = request.isTyped && outputs.every(({ datatype }) => hasContents(datatype));
  if (!isTyped) writeRaw(writer, 6, outputs);
  writeTensors(writer, 5, outputs, isTyped);
  writeParameters(writer, 4, parameters);
  writeTextField(writer, 3, request.id);
  writeTextField(writer, 2, version);
  writeTextField(writer, 1, model);
}

export interface WireInferResponse {
  readonly model: string;
  readonly version: string;
  readonly id: string;
  readonly parameters: Parameters;
  /** `data` are views of the message unless the elements had to be converted. */
  readonly outputs: readonly (Tensor & { readonly parameters: Parameters })[];
}

/** For clients: `message` without gRPC's prefix. Throws InferenceError(INVALID_ARGUMENT) when it is none. */
export function decodeInferResponse(message: Buffer): WireInferResponse {
  return readResponse(new WireReader(message, 'ModelInferResponse'), MAX_DEPTH);
}

/** For clients: ModelStreamInferResponse. `errorMessage` is '' for an answer. */
export function decodeStreamResponse(message: Buffer): { errorMessage: string; response: WireInferResponse | undefined } {
  const reader = new WireReader(message, 'ModelStreamInferResponse');
  let errorMessage = '';
  let response: WireInferResponse | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.readTag();
    if (tag === (1 << 3) + WIRE.bytes) errorMessage = reader.readString('error_message');
    else if (tag === (2 << 3) + WIRE.bytes) {
      const outer = reader.enter();
      response = readResponse(reader, MAX_DEPTH - 1);
      reader.leave(outer);
    } else reader.skip(tag, MAX_DEPTH);
  }
  return { errorMessage, response };
}

function readResponse(reader: WireReader, depth: number): WireInferResponse {
  const budget = new ParameterBudget();
  const tensors: TensorMessage[] = [];
  const raw: Buffer[] = [];
  const texts = { model: '', version: '', id: '' };
  const parameters = new Map<string, ParameterValue>();
  while (reader.pos < reader.end) {
    const tag = reader.readTag();
    switch (tag) {
      case (1 << 3) + WIRE.bytes:
        texts.model = reader.readString('model_name');
        break;
      case (2 << 3) + WIRE.bytes:
        texts.version = reader.readString('model_version');
        break;
      case (3 << 3) + WIRE.bytes:
        texts.id = reader.readString('id');
        break;
      case (4 << 3) + WIRE.bytes:
        budget.take(reader);
        readParameter(reader, parameters, depth);
        break;
      case (5 << 3) + WIRE.bytes:
        requireRoom(reader, tensors.length, 'outputs');
        tensors.push(readTensor(reader, budget, depth));
        break;
      case (6 << 3) + WIRE.bytes:
        requireRoom(reader, raw.length, 'entries of raw_output_contents');
        raw.push(readBytes(reader));
        break;
      default:
        reader.skip(tag, depth);
    }
  }
  if (raw.length > 0 && raw.length !== tensors.length)
    throw invalidArgument(`expected ${tensors.length} entries in raw_output_contents, one per output in their order, but got ${raw.length}`);
  const outputs = tensors.map((tensor, index) => toOutput(reader.bytes, tensor, raw[index]));
  return { ...texts, parameters: parameters.size > 0 ? parameters : NO_PARAMETERS, outputs };
}

function toOutput(message: Buffer, tensor: TensorMessage, raw: Buffer | undefined): WireInferResponse['outputs'][number] {
  const { name, datatype, shape, parameters } = tensor;
  if (!isDatatype(datatype))
    throw invalidArgument(`output '${name}' has the datatype '${datatype}', which is none of the protocol that is known here`);
  return { name, datatype, shape, parameters, data: raw ?? convertTyped(message, tensor, { kind: 'output', name }) };
}
