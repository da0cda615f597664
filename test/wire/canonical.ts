/**
 * One line of JSON for what a decoder made of a message, so that lines of several decoders can be compared. A NaN keeps no bits
 * where JavaScript numbers carried it; refusals say only whether the bytes or what they mean were refused.
 */
import { InferenceError } from '../../runtime/core/inference-error.js';
import type { ParameterValue } from '../../runtime/wire/parameters.js';

export interface Decoded {
  readonly model: string;
  readonly version: string;
  readonly id: string;
  readonly isTyped: boolean;
  readonly parameters: ReadonlyMap<string, ParameterValue>;
  readonly inputs: readonly {
    readonly name: string;
    readonly datatype: string;
    readonly shape: readonly number[];
    readonly parameters: ReadonlyMap<string, ParameterValue>;
    readonly data: Uint8Array;
  }[];
  readonly outputs: readonly { readonly name: string; readonly parameters: ReadonlyMap<string, ParameterValue> }[];
}

/** Of a NaN: 'kept' for its own bits, 'plain' for those of JavaScript's. */
export type NanBits = 'kept' | 'plain';

export function canonicalOf(decoded: Decoded, nanBits: NanBits): string {
  const { model, version, id, isTyped, parameters, inputs, outputs } = decoded;
  return JSON.stringify([
    model,
    version,
    id,
    isTyped,
    listParameters(parameters),
    inputs.map(({ name, datatype, shape, parameters: own, data }) => [name, datatype, shape, listParameters(own), hexOf(datatype, data, nanBits)]),
    outputs.map((output) => [output.name, listParameters(output.parameters)]),
  ]);
}

/** Rethrows what is no InferenceError: no decoder may fail otherwise. */
export function refusalOf(error: unknown): { kind: 'protobuf' | 'meaning'; message: string } {
  if (!(error instanceof InferenceError)) throw error;
  return { kind: error.message.startsWith('not a valid ModelInferRequest: ') ? 'protobuf' : 'meaning', message: error.message };
}

/** By the bytes of the names: JavaScript sorts by UTF-16, Python by code points. */
function listParameters(parameters: ReadonlyMap<string, ParameterValue>): [string, string][] {
  const entries = [...parameters].map(([name, value]): [string, string] => [name, describe(value)]);
  return entries.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

function describe(value: ParameterValue): string {
  switch (typeof value) {
    case 'bigint':
      return `i:${value}`;
    case 'boolean':
      return `b:${value}`;
    case 'string':
      return `s:${value}`;
    case 'undefined':
      return 'none';
    case 'number': {
      const bits = Buffer.alloc(8);
      bits.writeDoubleLE(value);
      return Number.isNaN(value) ? 'd:nan' : `d:${bits.toString('hex')}`;
    }
  }
}

function hexOf(datatype: string, data: Uint8Array, nanBits: NanBits): string {
  const copy = Buffer.from(data);
  if (nanBits === 'plain' && datatype === 'FP32' && copy.length % 4 === 0) {
    for (let at = 0; at < copy.length; at += 4) if (Number.isNaN(copy.readFloatLE(at))) copy.writeUInt32LE(0x7fc00000, at);
  }
  if (nanBits === 'plain' && datatype === 'FP64' && copy.length % 8 === 0) {
    for (let at = 0; at < copy.length; at += 8) if (Number.isNaN(copy.readDoubleLE(at))) copy.writeBigUInt64LE(0x7ff8000000000000n, at);
  }
  return copy.toString('hex');
}
