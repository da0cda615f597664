/**
 * The plain way to a request, for comparison: protobufjs's objects, then arrays of numbers. What it refuses, and with which words, the
 * hand-written decoder must refuse with the same.
 */
import type { InferParameter__Output } from '../../proto/gen/inference/InferParameter.js';
import type { InferTensorContents__Output } from '../../proto/gen/inference/InferTensorContents.js';
import type {
  _inference_ModelInferRequest_InferInputTensor__Output as InputTensor,
  ModelInferRequest__Output,
} from '../../proto/gen/inference/ModelInferRequest.js';
import { loadInferenceService } from '../../proto/load.js';
import { joinBytesElements } from '../../runtime/core/bytes-elements.js';
import { DATATYPES, type Datatype, isDatatype } from '../../runtime/core/datatype.js';
import { invalidArgument } from '../../runtime/core/inference-error.js';
import type { ParameterValue } from '../../runtime/wire/parameters.js';
import type { Decoded } from './canonical.js';

const RANGES: Partial<Record<Datatype, readonly [number, number]>> = {
  INT8: [-128, 127],
  INT16: [-32768, 32767],
  UINT8: [0, 255],
  UINT16: [0, 65535],
};

const { requestDeserialize } = loadInferenceService().ModelInfer;

/** Throws what protobufjs throws for bytes that it refuses, and InferenceError for what they mean. */
export function parseWithProtobufjs(bytes: Buffer): ModelInferRequest__Output {
  return requestDeserialize(bytes);
}

export function decodeReference(message: ModelInferRequest__Output): Decoded {
  const { model_name: model, model_version: version, id, raw_input_contents: raw } = message;
  const datas = raw.length > 0 ? assignRaw(message) : undefined;
  const inputs = message.inputs.map((input, index) => {
    const { name, datatype } = input;
    const data = datas === undefined ? decodeTyped(model, input) : (datas[index] ?? new Uint8Array());
    const shape = input.shape.map(Number);
    if (!shape.every(Number.isSafeInteger)) {
      const text = `a dimension of [${shape.join(',')}] is beyond ${Number.MAX_SAFE_INTEGER}`;
      throw invalidArgument(`unexpected shape for input '${name}' for model '${model}': ${text}`);
    }
    return { name, datatype, shape, parameters: parametersOf(input.parameters), data };
  });
  const outputs = message.outputs.map(({ name, parameters }) => ({ name, parameters: parametersOf(parameters) }));
  const isTyped = message.inputs.some(({ contents }) => contents !== null);
  return { model, version, id, isTyped, parameters: parametersOf(message.parameters), inputs, outputs };
}

function parametersOf(parameters: Record<string, InferParameter__Output>): Map<string, ParameterValue> {
  return new Map(Object.entries(parameters).map(([name, parameter]) => [name, readValue(parameter)]));
}

function readValue(parameter: InferParameter__Output): ParameterValue {
  if (parameter.bool_param !== undefined) return parameter.bool_param;
  if (parameter.int64_param !== undefined) return BigInt(parameter.int64_param);
  if (parameter.uint64_param !== undefined) return BigInt(parameter.uint64_param);
  return parameter.string_param ?? parameter.double_param;
}

function assignRaw({ model_name: model, inputs, raw_input_contents: raw }: ModelInferRequest__Output): readonly Uint8Array[] {
  const typed = inputs.find((input) => input.contents !== null);
  if (typed !== undefined)
    throw invalidArgument(`contents field must not be specified when using raw_input_contents for '${typed.name}' for model '${model}'`);
  const wanted = inputs.filter((input) => !isShared(input)).length;
  if (raw.length !== wanted) {
    throw invalidArgument(
      `expected ${wanted} entries in raw_input_contents, one per input in their order, but got ${raw.length} for model '${model}'`,
    );
  }
  const entries = [...raw];
  return inputs.map((input) => (isShared(input) ? undefined : entries.shift()) ?? new Uint8Array());
}

function isShared({ parameters }: InputTensor): boolean {
  return 'shared_memory_region' in parameters;
}

function decodeTyped(model: string, input: InputTensor): Uint8Array {
  const { name, datatype, shape, contents } = input;
  if (contents === null && !shape.includes('0') && !isShared(input))
    throw invalidArgument(`input '${name}' for model '${model}' has neither contents nor an entry in raw_input_contents`);
  if (contents === null || !isDatatype(datatype)) return new Uint8Array();
  const field = DATATYPES[datatype].contents;
  if (field === undefined)
    throw invalidArgument(`input '${name}' has datatype ${datatype}, which has no field in contents: send it in raw_input_contents`);
  const filled = Object.entries(contents).find(([key, values]) => key !== field && Array.isArray(values) && values.length > 0);
  if (filled !== undefined)
    throw invalidArgument(`input '${name}' has datatype ${datatype}, whose elements belong in ${field}, but contents carry ${filled[0]}`);
  const range = RANGES[datatype];
  if (range !== undefined) checkRange(name, datatype, datatype.startsWith('U') ? contents.uint_contents : contents.int_contents, range);
  const view = build(datatype, contents);
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function checkRange(name: string, datatype: Datatype, values: readonly number[], [lowest, highest]: readonly [number, number]): void {
  const bad = values.findIndex((value) => value < lowest || value > highest);
  if (bad >= 0) throw invalidArgument(`element ${bad} of input '${name}' does not fit ${datatype}, which holds ${lowest} to ${highest}`);
}

function build(datatype: Datatype, contents: InferTensorContents__Output): ArrayBufferView {
  switch (datatype) {
    case 'BOOL':
      return Uint8Array.from(contents.bool_contents, Number);
    case 'UINT8':
      return Uint8Array.from(contents.uint_contents);
    case 'UINT16':
      return Uint16Array.from(contents.uint_contents);
    case 'UINT32':
      return Uint32Array.from(contents.uint_contents);
    case 'UINT64':
      return BigUint64Array.from(contents.uint64_contents, BigInt);
    case 'INT8':
      return Int8Array.from(contents.int_contents);
    case 'INT16':
      return Int16Array.from(contents.int_contents);
    case 'INT32':
      return Int32Array.from(contents.int_contents);
    case 'INT64':
      return BigInt64Array.from(contents.int64_contents, BigInt);
    case 'FP32':
      return Float32Array.from(contents.fp32_contents);
    case 'FP64':
      return Float64Array.from(contents.fp64_contents);
    case 'BYTES':
      return joinBytesElements(contents.bytes_contents);
    default:
      throw new Error(`${datatype} has no contents`);
  }
}
