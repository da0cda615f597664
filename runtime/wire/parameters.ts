/** map<string, InferParameter>, which requests, responses and their tensors all carry. */
import type { ParameterValue } from '../core/parameters.js';
import { WIRE_LIMITS } from './limits.js';
import { WIRE, type WireReader } from './wire-reader.js';

/** Counts what a message holds, against WIRE_LIMITS. */
export class ParameterBudget {
  #left: number = WIRE_LIMITS.parameters;

  take(reader: WireReader): void {
    if (this.#left === 0) throw reader.malformed(`more than ${WIRE_LIMITS.parameters} parameters`);
    this.#left--;
  }
}

/** Adds the map entry that begins here. A key or value that is missing is "" or unset; of several, the last key and the merged value. */
export function readParameter(reader: WireReader, into: Map<string, ParameterValue>, depth: number): void {
  const outer = reader.enter();
  let key = '';
  let value: ParameterValue;
  while (reader.pos < reader.end) {
    const tag = reader.readTag();
    if (tag === (1 << 3) + WIRE.bytes) key = reader.readString('the name of a parameter');
    else if (tag === (2 << 3) + WIRE.bytes) value = readValue(reader, value, depth - 2);
    else reader.skip(tag, depth - 1);
  }
  reader.leave(outer);
  into.set(key, value);
}

/** InferParameter: of the oneof's members the last counts; `before` stays when none comes, since occurrences are merged. */
function readValue(reader: WireReader, before: ParameterValue, depth: number): ParameterValue {
  const outer = reader.enter();
  let value = before;
  while (reader.pos < reader.end) {
    const tag = reader.readTag();
    switch (tag) {
      case (1 << 3) + WIRE.varint:
        reader.readVarint64();
        value = (reader.low | reader.high) !== 0;
        break;
      case (2 << 3) + WIRE.varint:
        reader.readVarint64();
        value = (BigInt(reader.high) << 32n) | BigInt(reader.low >>> 0);
        break;
      case (3 << 3) + WIRE.bytes:
        value = reader.readString('string_param');
        break;
      case (4 << 3) + WIRE.fixed64:
        reader.jump(8, reader.pos);
        value = reader.bytes.readDoubleLE(reader.pos - 8);
        break;
      case (5 << 3) + WIRE.varint:
        reader.readVarint64();
        value = (BigInt(reader.high >>> 0) << 32n) | BigInt(reader.low >>> 0);
        break;
      default:
        reader.skip(tag, depth);
    }
  }
  reader.leave(outer);
  return value;
}
