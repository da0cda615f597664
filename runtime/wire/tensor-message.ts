/** InferInputTensor and InferOutputTensor, whose fields have the same numbers, as they come: nothing of them is believed yet. */
import { DATATYPES, type Datatype, isDatatype } from '../core/datatype.js';
import { invalidArgument } from '../core/inference-error.js';
import { NO_PARAMETERS, type Parameters, type ParameterValue } from '../core/parameters.js';
import { formatShape } from '../core/tensor.js';
import { type ContentsOwner, convertContents, countConvertedBytes } from './contents-convert.js';
import { ContentsScan, scanContents } from './contents-scan.js';
import { WIRE_LIMITS } from './limits.js';
import { type ParameterBudget, readParameter } from './parameters.js';
import { WIRE, type WireReader } from './wire-reader.js';

export class TensorMessage {
  name = '';
  datatype = '';
  /** Dimensions beyond ±2^53 are the nearest number. */
  readonly shape: number[] = [];
  parameters: Parameters = NO_PARAMETERS;
  /** Undefined when there is no field `contents`, which is not the same as an empty one. */
  contents: ContentsScan | undefined;
}

export function readTensor(reader: WireReader, budget: ParameterBudget, depth: number): TensorMessage {
  const tensor = new TensorMessage();
  const outer = reader.enter();
  let parameters: Map<string, ParameterValue> | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.readTag();
    switch (tag) {
      case (1 << 3) + WIRE.bytes:
        tensor.name = reader.readString('the name of a tensor');
        break;
      case (2 << 3) + WIRE.bytes:
        tensor.datatype = readDatatype(reader);
        break;
      case (3 << 3) + WIRE.varint:
        addDimension(reader, tensor.shape);
        break;
      case (3 << 3) + WIRE.bytes:
        readPackedShape(reader, tensor.shape);
        break;
      case (4 << 3) + WIRE.bytes:
        budget.take(reader);
        parameters ??= new Map();
        readParameter(reader, parameters, depth - 1);
        break;
      case (5 << 3) + WIRE.bytes:
        tensor.contents ??= new ContentsScan();
        scanContents(reader, tensor.contents, depth - 2);
        break;
      default:
        reader.skip(tag, depth - 1);
    }
  }
  reader.leave(outer);
  if (parameters !== undefined) tensor.parameters = parameters;
  return tensor;
}

/** The raw bytes of a tensor's contents; empty for a datatype that nobody knows, which the check of the request names. */
export function convertTyped(message: Buffer, tensor: TensorMessage, owner: ContentsOwner): Uint8Array {
  if (tensor.contents === undefined || !isDatatype(tensor.datatype)) return new Uint8Array();
  return convertContents(message, tensor.contents, tensor.datatype, owner);
}

/** Memory that `convertTyped` takes beyond the message: up to eight times a varint's byte. 0 where it gives a view of it. */
export function countDecodedBytes({ contents, datatype }: TensorMessage): number {
  if (contents === undefined || !isDatatype(datatype)) return 0;
  return countConvertedBytes(contents, datatype);
}

/** Throws InferenceError for a dimension that a number cannot hold. */
export function checkDimensions(tensor: TensorMessage, owner: ContentsOwner, model: string): void {
  const bad = tensor.shape.find((dimension) => !Number.isSafeInteger(dimension));
  if (bad === undefined) return;
  throw invalidArgument(
    `unexpected shape for ${owner.kind} '${owner.name}' for model '${model}': a dimension of ${formatShape(tensor.shape)} is beyond ${Number.MAX_SAFE_INTEGER}`,
  );
}

function addDimension(reader: WireReader, shape: number[]): void {
  if (shape.length === WIRE_LIMITS.rank) throw reader.malformed(`a shape has more than ${WIRE_LIMITS.rank} dimensions`);
  shape.push(reader.readInt64AsNumber());
}

function readPackedShape(reader: WireReader, shape: number[]): void {
  const outer = reader.enter();
  while (reader.pos < reader.end) addDimension(reader, shape);
  reader.leave(outer);
}

const KNOWN: readonly Datatype[] = Object.keys(DATATYPES).filter(isDatatype);

/** Datatypes are few and come with every tensor: comparing bytes is cheaper than making a string. */
function readDatatype(reader: WireReader): string {
  const length = reader.readLength();
  const start = reader.pos;
  reader.pos = start + length;
  for (const name of KNOWN) if (name.length === length && isTextAt(reader.bytes, start, name)) return name;
  return reader.decodeText(start, reader.pos, 'a datatype');
}

function isTextAt(bytes: Buffer, start: number, text: string): boolean {
  for (let index = 0; index < text.length; index++) if (bytes[start + index] !== text.charCodeAt(index)) return false;
  return true;
}
