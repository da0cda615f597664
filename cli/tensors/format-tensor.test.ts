import { expect, test } from '@jest/globals';
import { joinBytesElements } from '../../runtime/core/bytes-elements.js';
import { formatExample, formatSignature } from './describe-signature.js';
import { formatTensor } from './format-tensor.js';
import { formatElement } from './read-elements.js';

const floats = (values: number[], shape: number[]) => ({
  name: 'y',
  datatype: 'FP32' as const,
  shape,
  data: new Uint8Array(Float32Array.from(values).buffer),
});

test.each([
  ['nested', floats([0.1, 2, -0, 4], [2, 2]), '[[0.1, 2], [-0.0, 4]]'],
  ['not finite', floats([Number.NaN, Infinity], [2]), '[NaN, Infinity]'],
  ['scalar', floats([7], []), '7'],
  ['no rows', floats([], [0, 2]), '[]'],
  ['long', floats([...Array(19).keys(), Number.NaN], [20]), '[0, 1, 2, 3, …, 18, NaN] min 0, mean 9, max 18, 1 not finite'],
  [
    'text',
    { name: 't', datatype: 'BYTES' as const, shape: [1], data: joinBytesElements([Buffer.from(`a"${'b'.repeat(80)}`)]) },
    `["a\\"${'b'.repeat(54)}…"]`,
  ],
])('%s', (_name, tensor, want) => expect(formatTensor(tensor)).toBe(want));

test('FP32 is as short as reads back to the same', () => {
  for (const value of [0.1, 1 / 3, 16777217, 1e-45, 3.4028234663852886e38]) {
    const float = Math.fround(value);
    expect(Math.fround(Number(formatElement(float, 'FP32')))).toBe(float);
  }
  expect(formatElement(Math.fround(0.1), 'FP32')).toBe('0.1');
});

test('a signature, and the command that asks such a model', () => {
  const inputs = [
    { name: 'x', datatype: 'FP32', shape: [-1, 3, 48, -1] },
    { name: 'my text', datatype: 'BYTES', shape: [1] },
    { name: 'n', datatype: 'INT64', shape: [] },
  ];
  const text = formatSignature({ name: 'm', versions: ['1', '2'], platform: 'p', inputs, outputs: [{ name: 'y', datatype: 'FP32', shape: [-1] }] });
  expect(text).toBe(
    [
      'm, version 1, 2 (p)',
      '        NAME     DATATYPE  SHAPE',
      'input   x        FP32      [-1,3,48,-1]',
      'input   my text  BYTES     [1]',
      'input   n        INT64     []',
      'output  y        FP32      [-1]',
    ].join('\n'),
  );
  expect(formatExample(['infer', 'm'], inputs)).toBe(`slipway infer m --input x=random --shape x=1,3,48,1 --input 'my text=["text"]' --input n=1`);
});
