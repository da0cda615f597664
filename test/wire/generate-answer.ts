/** Random answers of models, for the encoders: every datatype, views at odd offsets, sizes around the limit for copies. */
import { joinBytesElements } from '../../runtime/core/bytes-elements.js';
import { DATATYPES, type Datatype, isDatatype } from '../../runtime/core/datatype.js';
import type { InferAnswer } from '../../runtime/wire/infer-response.js';
import type { ParameterValue } from '../../runtime/wire/parameters.js';
import { VIEW_BYTES } from '../../runtime/wire/wire-writer.js';
import type { WireTensor } from '../../runtime/wire/write-tensor.js';
import { Chance } from './chance.js';

const TEXTS = ['', 'y', 'Grüße', '日本語', '🎉', 'a\0b', 'z'.repeat(300)];
const VALUES: readonly ParameterValue[] = [true, false, 0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 64n - 1n, 1.5, -0, '', 'Grüße', undefined];

export function generateAnswer(seed: number, index: number): { answer: InferAnswer; request: { id: string; isTyped: boolean } } {
  const chance = new Chance(seed, index);
  const outputs = Array.from({ length: chance.integer(4) }, () => generateTensor(chance));
  const request = { id: chance.pick(TEXTS), isTyped: chance.isTrue(0.5) };
  return { answer: { model: chance.pick(TEXTS), version: chance.pick(['', '1', '12']), parameters: parameters(chance), outputs }, request };
}

function generateTensor(chance: Chance): WireTensor {
  const datatype = chance.pick(Object.keys(DATATYPES).filter(isDatatype));
  const shape = Array.from({ length: chance.integer(4) }, () => chance.pick([0, 1, 2, 3, 127, 128, 2 ** 31, 2 ** 53 - 1]));
  return {
    name: chance.pick(TEXTS),
    datatype,
    shape,
    data: dataOf(chance, datatype),
    parameters: chance.isTrue(0.2) ? parameters(chance) : new Map(),
  };
}

function dataOf(chance: Chance, datatype: Datatype): Uint8Array {
  const { size } = DATATYPES[datatype];
  if (size === undefined) return joinBytesElements(Array.from({ length: chance.integer(5) }, () => chance.bytes(chance.integer(9))));
  const count = chance.isTrue(0.05) ? Math.floor(VIEW_BYTES / size) + chance.integer(3) - 1 : chance.integer(20);
  const offset = chance.integer(8);
  const whole = chance.bytes(offset + count * size);
  if (datatype === 'BOOL') for (let at = 0; at < whole.length; at++) whole[at] = (whole[at] ?? 0) & 1;
  return whole.subarray(offset);
}

function parameters(chance: Chance): Map<string, ParameterValue> {
  return new Map(Array.from({ length: chance.integer(3) }, () => [chance.pick(TEXTS), VALUES[chance.integer(VALUES.length)]]));
}
