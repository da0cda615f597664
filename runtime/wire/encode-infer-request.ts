/** ModelInferRequest for clients: the command line's and the benchmarks'. */

import type { Parameters } from '../core/parameters.js';
import { type EncodedMessage, WireWriter } from './wire-writer.js';
import { expectBytes, type WireTensor, writeParameters, writeRaw, writeTensors, writeTextField } from './write-tensor.js';

export interface ClientInferRequest {
  readonly model: string;
  /** '' or absent: the latest that is ready. */
  readonly version?: string;
  readonly id?: string;
  readonly parameters?: Parameters;
  readonly inputs: readonly WireTensor[];
  /** Names; empty or absent: every output of the model. */
  readonly outputs?: readonly string[];
  /** Sends `contents` instead of raw bytes; FP16 has none (throws Error). */
  readonly isTyped?: boolean;
}

export function encodeInferRequest(request: ClientInferRequest): EncodedMessage {
  const { model, version = '', id = '', parameters, inputs, outputs = [], isTyped = false } = request;
  const writer = new WireWriter(expectBytes(inputs, [model, version, id, ...outputs], isTyped) + 48 * (parameters?.size ?? 0));
  if (!isTyped) writeRaw(writer, 7, inputs);
  for (const name of [...outputs].reverse()) {
    const since = writer.byteLength;
    writeTextField(writer, 1, name);
    writer.wrap(6, since);
  }
  writeTensors(writer, 5, inputs, isTyped);
  writeParameters(writer, 4, parameters);
  writeTextField(writer, 3, id);
  writeTextField(writer, 2, version);
  writeTextField(writer, 1, model);
  return writer.finish();
}
