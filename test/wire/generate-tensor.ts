/** InferInputTensor, its contents and parameters, for generate-message.ts. */
import { DATATYPES, isDatatype } from '../../runtime/core/datatype.js';
import type { Chance } from './chance.js';
import { fixed, groups, lengthDelimited, tag, textField, varint, varintField } from './wire-fields.js';

/** How strange a message is, and what was strange about it. */
export interface Oddity {
  readonly chance: Chance;
  /** Probability that a thing is odd; 0 for messages such as encoders write. */
  readonly rate: number;
  /** Set once something came in that protobufjs 7 reads otherwise than the C++ and Python parsers. */
  isBeyondProtobufjs: boolean;
}

/** Marks what only the strict parsers agree on. */
export function isOdd(oddity: Oddity): boolean {
  if (!oddity.chance.isTrue(oddity.rate)) return false;
  oddity.isBeyondProtobufjs = true;
  return true;
}

const FIELD_OF: Readonly<Record<string, number>> = {
  bool_contents: 1,
  int_contents: 2,
  int64_contents: 3,
  uint_contents: 4,
  uint64_contents: 5,
  fp32_contents: 6,
  fp64_contents: 7,
  bytes_contents: 8,
};
// biome-ignore format: one table
const INTEGERS = [0n, 1n, 2n, 100n, 127n, 128n, 255n, 256n, 65535n, 65536n, -1n, -128n, -129n, 2n ** 31n - 1n, -(2n ** 31n), 2n ** 32n, 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 64n - 1n];
const SMALL = [0n, 1n, 2n, 100n, 127n];
const TEXTS = ['', 'a', 'x', 'input', 'Grüße', '日本語', '🎉', 'a\0b', 'q"\\\n', 'y'.repeat(200), '__proto__', 'constructor'];
const NAMES = ['x', 'y', 'input', 'Grüße', ...TEXTS];
const BAD_TEXTS = ['ff', 'c080', 'eda080', 'f4908080', 'e282', '61c3'].map((hex) => Buffer.from(hex, 'hex'));
const KEYS = ['sequence_id', 'priority', 'triton_x', 'a', '', 'Grüße', '__proto__', 'binary_data'];
const REFUSED_KEYS = ['shared_memory_region', 'classification', 'shared_memory_offset'];

export function text(field: number, oddity: Oddity, values: readonly string[] = TEXTS): Buffer {
  const { chance } = oddity;
  if (isOdd(oddity)) return lengthDelimited(field, chance.pick(BAD_TEXTS));
  return textField(field, chance.pick(values));
}

/** An unknown field, or a known number with another wire type; both are skipped. */
export function stranger(oddity: Oddity): Buffer {
  const { chance } = oddity;
  oddity.isBeyondProtobufjs = true; // it checks neither what groups end nor the wire types of known fields
  const number = chance.pick([1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 100, 2047, 2 ** 29 - 1]);
  switch (chance.integer(8)) {
    case 0:
      return varintField(number, chance.pick(INTEGERS), chance.integer(3));
    case 1:
      return fixed(number, chance.bytes(8));
    case 2:
      return fixed(number, chance.bytes(4));
    case 3:
      return groups(number, chance.pick([1, 2, 5]));
    case 4:
      return groups(number, 94 + chance.integer(9));
    case 5:
      return Buffer.concat([tag(number, chance.pick([3, 4, 6, 7])), chance.bytes(2)]);
    case 6:
      return Buffer.concat([tag(chance.pick([0, number]), chance.pick([0, 2]), chance.integer(6)), varint(0n, chance.integer(9))]);
    default:
      return lengthDelimited(number, chance.bytes(chance.integer(12)), chance.integer(5));
  }
}

/** Unknown fields that every parser skips alike. */
export function unknown(chance: Chance): Buffer {
  const number = chance.pick([20, 100, 2047]);
  return chance.pick([varintField(number, 300n), fixed(number, chance.bytes(8)), fixed(number, chance.bytes(4)), textField(number, 'hello')]);
}

export function parameter(field: number, oddity: Oddity): Buffer {
  const { chance } = oddity;
  const parts: Buffer[] = [];
  if (!chance.isTrue(0.05)) parts.push(text(1, oddity, chance.isTrue(0.04) ? REFUSED_KEYS : KEYS));
  if (!isOdd(oddity)) parts.push(lengthDelimited(2, value(oddity))); // protobufjs 7 throws a TypeError where the value is missing
  if (isOdd(oddity)) parts.push(lengthDelimited(2, value(oddity)));
  if (isOdd(oddity)) parts.push(stranger(oddity));
  return lengthDelimited(field, Buffer.concat(oddity.rate > 0 ? chance.shuffle(parts) : parts));
}

function value(oddity: Oddity): Buffer {
  const { chance } = oddity;
  const member = (): Buffer => {
    switch (chance.integer(5)) {
      case 0:
        return varintField(1, chance.pick([0n, 1n]));
      case 1:
        return varintField(2, chance.pick(INTEGERS));
      case 2:
        return text(3, oddity);
      case 3:
        return fixed(4, doubleBytes(chance.pick([0, -0, 1.5, -1e300, Infinity])));
      default:
        return varintField(5, chance.pick(INTEGERS));
    }
  };
  const parts = chance.isTrue(0.05) ? [] : [member()];
  if (isOdd(oddity)) parts.push(member());
  if (isOdd(oddity)) parts.push(stranger(oddity));
  return Buffer.concat(parts);
}

export function tensor(oddity: Oddity, isTyped: boolean): Buffer {
  const { chance } = oddity;
  const datatype = chance.isTrue(0.95) ? chance.pick(Object.keys(DATATYPES)) : chance.pick(['', 'FP8', 'fp32']);
  const parts = [text(1, oddity, NAMES), textField(2, datatype), ...shape(oddity)];
  while (chance.isTrue(0.15)) parts.push(parameter(4, oddity));
  if (isTyped && !chance.isTrue(0.03)) parts.push(lengthDelimited(5, contents(oddity, datatype)));
  if (isTyped && isOdd(oddity)) parts.push(lengthDelimited(5, contents(oddity, datatype)));
  if (isOdd(oddity)) parts.push(stranger(oddity));
  if (chance.isTrue(0.1)) parts.push(unknown(chance));
  if (chance.isTrue(0.05)) parts.push(text(1, oddity, NAMES));
  return Buffer.concat(chance.isTrue(0.5) ? parts : chance.shuffle(parts));
}

function shape(oddity: Oddity): Buffer[] {
  const { chance } = oddity;
  const dimensions = Array.from({ length: chance.integer(4) }, () => chance.pick(chance.isTrue(0.05) ? INTEGERS : [0n, 1n, 2n, 3n, 300n, -1n]));
  return numbers(3, dimensions, oddity);
}

/** Repeated varints: packed, one by one, or some of each. */
function numbers(field: number, values: readonly bigint[], { chance }: Oddity): Buffer[] {
  const cut = chance.pick([0, values.length, values.length, chance.integer(values.length + 1)]);
  const packed = values.slice(0, cut).map((each) => varint(each, each >= 0n && each < 2n ** 20n && chance.isTrue(0.02) ? 1 : 0));
  const single = values.slice(cut).map((each) => varintField(field, each));
  return [...(cut > 0 || chance.isTrue(0.1) ? [lengthDelimited(field, Buffer.concat(packed))] : []), ...single];
}

function contents(oddity: Oddity, datatype: string): Buffer {
  const { chance } = oddity;
  const own = isDatatype(datatype) ? DATATYPES[datatype].contents : undefined;
  const field = own !== undefined && chance.isTrue(0.96) ? (FIELD_OF[own] ?? 1) : 1 + chance.integer(8);
  const parts = elements(oddity, field, datatype);
  if (chance.isTrue(0.02)) parts.push(...elements(oddity, 1 + chance.integer(8), datatype));
  if (isOdd(oddity)) parts.push(stranger(oddity));
  if (chance.isTrue(0.1)) parts.push(unknown(chance));
  return Buffer.concat(oddity.rate > 0 ? chance.shuffle(parts) : parts);
}

function elements(oddity: Oddity, field: number, datatype: string): Buffer[] {
  const { chance } = oddity;
  const count = chance.integer(7);
  if (field === 8) return Array.from({ length: count }, () => lengthDelimited(8, chance.pick([Buffer.from(chance.pick(TEXTS)), chance.bytes(3)])));
  if (field >= 6) return floats(oddity, field, count);
  const values = INTEGERS.filter((value) => fitsField(field, value));
  const isNarrow = /8|16/.test(datatype);
  const pickOne = (): bigint => {
    if (isOdd(oddity)) return chance.pick(INTEGERS); // wider than the field: cut off by the parsers, not always by protobufjs
    return chance.pick(isNarrow && field !== 1 && chance.isTrue(0.97) ? SMALL : values);
  };
  return numbers(field, Array.from({ length: count }, pickOne), oddity);
}

/** Whether an encoder would write that value into bool, int32 or uint32. */
function fitsField(field: number, value: bigint): boolean {
  switch (field) {
    case 1:
      return value === 0n || value === 1n;
    case 2:
      return value === BigInt.asIntN(32, value);
    case 4:
      return value === BigInt.asUintN(32, value);
    default:
      return true;
  }
}

function floats({ chance }: Oddity, field: number, count: number): Buffer[] {
  const size = field === 6 ? 4 : 8;
  const values = Array.from({ length: count }, () => (chance.isTrue(0.5) ? chance.bytes(size) : doubleBytes(1.5).subarray(0, size)));
  const cut = chance.pick([0, count, count, chance.integer(count + 1)]);
  const packed = cut > 0 ? [lengthDelimited(field, Buffer.concat(values.slice(0, cut)))] : [];
  return [...packed, ...values.slice(cut).map((each) => fixed(field, each))];
}

function doubleBytes(number: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(number);
  return bytes;
}
