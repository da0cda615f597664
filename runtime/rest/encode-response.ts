/** The dataplane's answer → JSON, with the outputs that are wanted as binary data behind it in their order. */
import { invalidArgument } from '../core/inference-error.js';
import { LIMITS } from '../core/limits.js';
import type { AnsweredOutput, InferResponse } from '../dataplane/inference-request.js';
import type { DecodedRequest } from './decode-request.js';
import { formatElements } from './format-elements.js';

export interface EncodedResponse {
  readonly body: Uint8Array;
  /** Bytes of the JSON when binary data follow, else absent. */
  readonly jsonLength?: number;
}

export function encodeResponse(
  response: Pick<InferResponse, 'model' | 'version' | 'outputs'>,
  asked: Pick<DecodedRequest, 'id' | 'isBinary'>,
): EncodedResponse {
  const isBinary = (output: AnsweredOutput): boolean => output.parameters === undefined && asked.isBinary(output.name);
  const binary = response.outputs.filter(isBinary).map(({ data }) => data);
  let left = LIMITS.messageBytes - binary.reduce((sum, data) => sum + data.byteLength, 0);
  const outputs = response.outputs.map((output) => {
    const text = isBinary(output) ? describe(output, `"parameters":{"binary_data_size":${output.data.byteLength}}`) : formatOutput(output, left);
    left -= text.length;
    return text;
  });
  const id = asked.id === undefined ? '' : `"id":${JSON.stringify(asked.id)},`;
  const model = `"model_name":${JSON.stringify(response.model)},"model_version":${JSON.stringify(response.version)}`;
  const json = Buffer.from(`{${id}${model},"outputs":[${outputs.join(',')}]}`);
  const body = binary.length === 0 ? json : Buffer.concat([json, ...binary]);
  if (left < 0 || body.byteLength > LIMITS.messageBytes)
    throw invalidArgument(`the answer is larger than the limit of ${LIMITS.messageBytes} bytes: ask for fewer outputs, or send fewer rows`);
  return binary.length === 0 ? { body } : { body, jsonLength: json.byteLength };
}

function formatOutput(output: AnsweredOutput, limitBytes: number): string {
  const { parameters } = output; // it lies in shared memory, and they say where; Triton's C++ client wants binary_data_size wherever there are any
  if (parameters !== undefined) {
    const all = { ...Object.fromEntries(parameters), binary_data_size: 0 };
    return describe(output, `"parameters":${JSON.stringify(all, writeWhole)}`);
  }
  return describe(output, `"data":[${formatElements(output, limitBytes)}]`);
}

function writeWhole(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}

function describe({ name, datatype, shape }: AnsweredOutput, rest: string): string {
  return `{"name":${JSON.stringify(name)},"datatype":"${datatype}","shape":[${shape.join(',')}],${rest}}`;
}
