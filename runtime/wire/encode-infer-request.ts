/** ModelInferRequest for clients: the command line's and the benchmarks'. */

import type { Parameters } from '../core/parameters.js';
import { type EncodedMessage, WireWriter } from './wire-writer.js';
import { expectBytes, type WireTensor, writeParameters, writeRaw, writeTensors, writeTextField } from './write-tensor.js';

export interface RequestedOutput {
  readonly name: string;
  /** `classification`, for one. */
  readonly parameters?: Parameters;
}

export interface ClientInferRequest {
  readonly model: string;
  /** '' or absent: the latest that is ready. */
  readonly version?: string;
  readonly id?: string;
  readonly parameters?: Parameters;
  readonly inputs: readonly WireTensor[];
  /** Empty or absent: every output of the model. */
  readonly outputs?: readonly (string | RequestedOutput)[];
  /** Sends `contents` instead of raw bytes; FP16 has none (throws Error). */
  readonly isTyped?: boolean;
}

export function encodeInferRequest(request: ClientInferRequest): EncodedMessage {
  const { model, version = '', id = '', parameters, inputs, outputs = [], isTyped = false } = request;
  const names = outputs.map((output) => (typeof output === 'string' ? output : output.name));
  const writer = new WireWriter(expectBytes(inputs, [model, version, id, ...names], isTyped) + 48 * ((parameters?.size ?? 0) + outputs.length));
  if (!isTyped) writeRaw(writer, 7, inputs);
  for (const output of [...outputs].reverse()) {
    const since = writer.byteLength;
    if (typeof output !== 'string') writeParameters(writer, 2, output.parameters);
    writeTextField(writer, 1, typeof output === 'string' ? output : output.name);
    writer.wrap(6, since);
  }
  writeTensors(writer, 5, inputs, isTyped);
  writeParameters(writer, 4, parameters);
  writeTextField(writer, 3, id);
  writeTextField(writer, 2, version);
  writeTextField(writer, 1, model);
  return writer.finish();
}
