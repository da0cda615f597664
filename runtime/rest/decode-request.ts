/** An inference request over HTTP → the dataplane's: JSON, and behind it the binary tensors in the order of the inputs. */
import { isUtf8 } from 'node:buffer';
import { InferenceError, invalidArgument } from '../core/inference-error.js';
import { LIMITS } from '../core/limits.js';
import type { InferRequest, RequestedInput, RequestedOutput } from '../dataplane/inference-request.js';
import { encodeElements, isJsonDatatype } from './encode-elements.js';
import { flattenData } from './flatten-data.js';
import { parseJson } from './parse-json.js';
import { type Fields, readBoolean, readFields, readList, readParameters, readShape, readString } from './read-fields.js';
import { HttpRefusal } from './status.js';

export interface DecodedRequest {
  readonly request: Pick<InferRequest, 'inputs' | 'outputs' | 'parameters'>;
  /** Absent when the client gave none. */
  readonly id?: string;
  /** Whether an output is answered as binary data. */
  isBinary(output: string): boolean;
}

/** `jsonLength` is the header Inference-Header-Content-Length; undefined: all of the body is JSON. */
export function decodeRequest(body: Uint8Array, jsonLength: string | undefined): DecodedRequest {
  const size = readJsonLength(body, jsonLength);
  const fields = readFields('the request', parseText(body.subarray(0, size)));
  const id = readString('id', fields['id']);
  const parameters = readParameters('parameters', fields['parameters']);
  const isBinaryByDefault = readBoolean('parameters.binary_data_output', parameters.get('binary_data_output'));
  const outputs = readList('outputs', fields['outputs'] ?? []).map((output, index) => decodeOutput(`outputs[${index}]`, output));
  const binary = new Map(outputs.map(({ output, isBinary }) => [output.name, isBinary]));
  return {
    request: {
      parameters,
      inputs: decodeInputs(readList('inputs', fields['inputs']), body.subarray(size)),
      outputs: outputs.map(({ output }) => output),
    },
    ...(id === undefined ? {} : { id }),
    isBinary: (output) => binary.get(output) ?? isBinaryByDefault ?? false,
  };
}

function readJsonLength(body: Uint8Array, header: string | undefined): number {
  const size = header === undefined ? body.byteLength : Number(header);
  if (header !== undefined && (!/^[0-9]+$/.test(header) || size > body.byteLength)) {
    throw invalidArgument(
      `Inference-Header-Content-Length is "${header.slice(0, 32)}", but the body has ${body.byteLength} bytes: give those of its JSON`,
    );
  }
  if (header !== undefined && size === 0) {
    throw new InferenceError('UNIMPLEMENTED', 'Inference-Header-Content-Length is 0: this server does not have raw tensors without JSON in front');
  }
  if (size <= LIMITS.jsonBytes) return size;
  throw new HttpRefusal(
    413,
    `the request's JSON of ${size} bytes is larger than the limit of ${LIMITS.jsonBytes} bytes: send tensors as binary data`,
  );
}

function parseText(json: Uint8Array): unknown {
  if (!isUtf8(json)) throw invalidArgument('the request is not JSON: it is not UTF-8. Give the size of its JSON in Inference-Header-Content-Length');
  return parseJson(Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString());
}

function decodeOutput(where: string, output: unknown): { output: RequestedOutput; isBinary: boolean | undefined } {
  const fields = readFields(where, output);
  const name = readString(`${where}.name`, fields['name'], 'needed');
  const parameters = readParameters(`${where}.parameters`, fields['parameters']);
  return { output: { name, parameters }, isBinary: readBoolean(`${where}.parameters.binary_data`, parameters.get('binary_data')) };
}

function decodeInputs(inputs: readonly unknown[], binary: Uint8Array): RequestedInput[] {
  let offset = 0;
  const decoded = inputs.map((input, index) => {
    const tensor = decodeInput(`inputs[${index}]`, readFields(`inputs[${index}]`, input), binary.subarray(offset));
    offset += tensor.binaryBytes;
    return tensor.input;
  });
  if (offset !== binary.byteLength)
    throw invalidArgument(`${binary.byteLength} bytes follow the request's JSON, but binary_data_size of its inputs make ${offset}`);
  return decoded;
}

function decodeInput(where: string, fields: Fields, binary: Uint8Array): { input: RequestedInput; binaryBytes: number } {
  const name = readString(`${where}.name`, fields['name'], 'needed');
  const datatype = readString(`${where}.datatype`, fields['datatype'], 'needed');
  const shape = readShape(`${where}.shape`, fields['shape']);
  const parameters = readParameters(`${where}.parameters`, fields['parameters']);
  const { data } = fields;
  const head = { name, datatype, shape, parameters };
  // the dataplane fetches it from where the parameters say that it lies
  if (parameters.has('shared_memory_region')) return { input: { ...head, data: new Uint8Array() }, binaryBytes: 0 };
  const size = parameters.get('binary_data_size');
  if (size === undefined) return { input: { ...head, data: decodeData(name, datatype, shape, data) }, binaryBytes: 0 };
  if (data !== undefined) throw invalidArgument(`input '${name}' has both data and binary_data_size: give one of them`);
  const bytes = Number(size);
  if ((typeof size !== 'number' && typeof size !== 'bigint') || !Number.isSafeInteger(bytes) || bytes < 0)
    throw invalidArgument(`binary_data_size of input '${name}' is not a number of bytes`);
  if (bytes > binary.byteLength)
    throw invalidArgument(`binary_data_size of input '${name}' is ${size}, but ${binary.byteLength} bytes are left of the request's body`);
  return { input: { ...head, data: binary.subarray(0, bytes) }, binaryBytes: bytes };
}

function decodeData(name: string, datatype: string, shape: readonly number[], data: unknown): Uint8Array {
  if (data === undefined) {
    if (shape.includes(0)) return new Uint8Array();
    throw invalidArgument(`input '${name}' has neither data nor binary_data_size`);
  }
  if (datatype === 'FP16' || datatype === 'BF16') {
    throw invalidArgument(`input '${name}' has datatype ${datatype}, which JSON cannot carry: send it as binary data, with binary_data_size`);
  }
  // the dataplane refuses an unknown datatype with the one that the model expects
  if (!isJsonDatatype(datatype)) return new Uint8Array();
  return encodeElements(name, datatype, flattenData(name, shape, data));
}
