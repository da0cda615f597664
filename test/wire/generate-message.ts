/**
 * Random ModelInferRequests by number: a third such as encoders write, a third valid or not in ways that encoders never are, a third
 * with bytes changed, taken out or put in. The same seed and index give the same message.
 */
import { Chance } from './chance.js';
import { isOdd, type Oddity, parameter, stranger, tensor, text, unknown } from './generate-tensor.js';
import { lengthDelimited, textField } from './wire-fields.js';

export interface GeneratedMessage {
  readonly bytes: Buffer;
  readonly kind: 'plain' | 'odd' | 'broken';
  /** protobufjs 7 must read it as the strict parsers do. */
  readonly isForProtobufjs: boolean;
}

export function generateMessage(seed: number, index: number): GeneratedMessage {
  const chance = new Chance(seed, index);
  const kind = chance.pick(['plain', 'odd', 'broken'] as const);
  const oddity: Oddity = { chance, rate: kind === 'odd' ? 0.06 : 0, isBeyondProtobufjs: false };
  const whole = message(oddity);
  const bytes = kind === 'broken' ? mutate(chance, whole) : whole;
  return { bytes, kind, isForProtobufjs: kind !== 'broken' && !oddity.isBeyondProtobufjs };
}

function message(oddity: Oddity): Buffer {
  const { chance } = oddity;
  const form = chance.pick(['raw', 'typed', 'typed', 'mixed'] as const);
  const inputs = Array.from({ length: chance.integer(4) }, () => tensor(oddity, form === 'typed' || (form === 'mixed' && chance.isTrue(0.5))));
  const rawCount = form === 'typed' ? 0 : chance.isTrue(0.05) ? chance.integer(4) : inputs.length;
  const parts = [
    text(1, oddity),
    ...(chance.isTrue(0.5) ? [text(2, oddity)] : []),
    ...(chance.isTrue(0.5) ? [text(3, oddity)] : []),
    ...(chance.isTrue(0.1) ? [textField(1, 'again')] : []),
    ...Array.from({ length: chance.pick([0, 0, 1, 3]) }, () => parameter(4, oddity)),
    ...inputs.map((input) => lengthDelimited(5, input)),
    ...Array.from({ length: chance.pick([0, 0, 1, 2]) }, () => lengthDelimited(6, output(oddity))),
    ...Array.from({ length: rawCount }, () => lengthDelimited(7, chance.bytes(chance.integer(20)))),
    ...(isOdd(oddity) ? [stranger(oddity)] : []),
    ...(chance.isTrue(0.1) ? [unknown(chance)] : []),
  ];
  return Buffer.concat(chance.isTrue(0.5) ? parts : chance.shuffle(parts));
}

function output(oddity: Oddity): Buffer {
  const { chance } = oddity;
  const parts = [text(1, oddity)];
  if (chance.isTrue(0.3)) parts.push(parameter(2, oddity));
  if (isOdd(oddity)) parts.push(stranger(oddity));
  return Buffer.concat(parts);
}

function mutate(chance: Chance, whole: Buffer): Buffer {
  let bytes = Buffer.from(whole);
  for (let left = 1 + chance.integer(4); left > 0; left--) {
    const at = chance.integer(bytes.length + 1);
    const size = 1 + chance.integer(4);
    switch (chance.integer(5)) {
      case 0:
        bytes = Buffer.concat([bytes.subarray(0, at), chance.bytes(size), bytes.subarray(at)]);
        break;
      case 1:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + size)]);
        break;
      case 2:
        if (chance.isTrue(0.2)) bytes = bytes.subarray(0, at);
        break;
      default:
        if (at < bytes.length) bytes[at] = chance.isTrue(0.5) ? chance.integer(256) : (bytes[at] ?? 0) ^ (1 << chance.integer(8));
    }
  }
  return bytes;
}
