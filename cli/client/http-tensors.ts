/** Inference over REST: JSON that describes the tensors, then their bytes (the protocol's binary tensor data extension). */
import { isDatatype } from '../../runtime/core/datatype.js';
import type { Parameters, ParameterValue } from '../../runtime/core/parameters.js';
import { encodeElements, isJsonDatatype } from '../../runtime/rest/encode-elements.js';
import { flattenData } from '../../runtime/rest/flatten-data.js';
import { parseJson } from '../../runtime/rest/parse-json.js';
import type { WireInferResponse } from '../../runtime/wire/infer-response.js';
import { ClientError } from './client-error.js';
import type { ModelRequest } from './inference-client.js';
import { readFields, readList, readNumber, readText } from './parse-replies.js';

export interface HttpBody {
  readonly body: Buffer;
  readonly jsonLength: number;
}

export function encodeHttpRequest(request: ModelRequest): HttpBody {
  const { id, parameters, inputs, outputs = [] } = request;
  const json = stringify({
    ...(id === undefined || id === '' ? {} : { id }),
    parameters: { ...toObject(parameters), ...(outputs.length === 0 ? { binary_data_output: true } : {}) },
    inputs: inputs.map(({ name, datatype, shape, data, parameters: own }) => ({
      name,
      datatype,
      shape,
      parameters: { ...toObject(own), binary_data_size: data.byteLength },
    })),
    ...(outputs.length === 0 ? {} : { outputs: outputs.map(toRequestedOutput) }),
  });
  const head = Buffer.from(json);
  return { body: Buffer.concat([head, ...inputs.map(({ data }) => data)]), jsonLength: head.length };
}

/** `jsonLength`: of the header; absent when all is JSON. Throws ClientError, or InferenceError for an element that does not fit. */
export function decodeHttpResponse(body: Buffer, jsonLength: number | undefined): WireInferResponse {
  const fields = readFields(parseJson(body.subarray(0, jsonLength ?? body.length).toString()));
  let offset = jsonLength ?? body.length;
  const outputs = readList(fields['outputs']).map((value) => {
    const output = readFields(value);
    const [name, datatype, shape] = [readText(output['name']), readText(output['datatype']), readList(output['shape']).map(readNumber)];
    const parameters = readFields(output['parameters']);
    if (!isDatatype(datatype)) throw new ClientError('INTERNAL', `Output '${name}' has the datatype '${datatype}', which is not known here`);
    const size = parameters['binary_data_size'];
    if (size === undefined) return { name, datatype, shape, parameters: new Map(), data: readJsonData(name, datatype, shape, output['data']) };
    const data = body.subarray(offset, offset + readNumber(size));
    if (data.length !== readNumber(size)) throw new ClientError('INTERNAL', `The answer ends inside output '${name}'`);
    offset += data.length;
    return { name, datatype, shape, parameters: new Map(), data };
  });
  return {
    model: readText(fields['model_name']),
    version: readText(fields['model_version']),
    id: readText(fields['id']),
    parameters: new Map(Object.entries(readFields(fields['parameters'])).map(([name, value]) => [name, toParameter(value)])),
    outputs,
  };
}

function readJsonData(name: string, datatype: string, shape: readonly number[], data: unknown): Uint8Array {
  if (!isJsonDatatype(datatype)) throw new ClientError('INTERNAL', `Output '${name}' is ${datatype}, and came as JSON, which cannot carry it`);
  return encodeElements(name, datatype, flattenData(name, shape, data));
}

function toRequestedOutput(output: NonNullable<ModelRequest['outputs']>[number]): object {
  const { name, parameters } = typeof output === 'string' ? { name: output, parameters: undefined } : output;
  return { name, parameters: { ...toObject(parameters), binary_data: true } };
}

function toObject(parameters: Parameters | undefined): Record<string, ParameterValue> {
  return Object.fromEntries(parameters ?? []);
}

function toParameter(value: unknown): ParameterValue {
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') return value;
  return undefined;
}

/** Integers beyond 2^53 keep their digits; JSON.rawJSON is not in the types of this target. */
function stringify(value: object): string {
  const digits: string[] = [];
  const text = JSON.stringify(value, (_key, member: unknown) => {
    if (typeof member !== 'bigint') return member;
    digits.push(String(member));
    return `\u0000${digits.length - 1}`;
  });
  return text.replaceAll(/"\\u0000(\d+)"/g, (_match, index: string) => digits[Number(index)] ?? '0');
}
