import { describe, expect, test } from '@jest/globals';
import { joinBytesElements } from '../../runtime/core/bytes-elements.js';
import type { ModelMetadata } from '../client/inference-client.js';
import { formatAnswer, formatAnswerJson } from './format-answer.js';
import { parseInferFlags, parseParameters } from './infer-flags.js';
import { planRequest } from './plan-request.js';
import { fileNameOf } from './save-outputs.js';

const IRIS: ModelMetadata = {
  name: 'iris',
  versions: ['1'],
  platform: '',
  inputs: [{ name: 'X', datatype: 'FP32', shape: [-1, 2] }],
  outputs: [
    { name: 'label', datatype: 'BYTES', shape: [-1] },
    { name: 'scores', datatype: 'FP32', shape: [-1, 3] },
  ],
};

const plan = (...argv: string[]) => planRequest(IRIS, parseInferFlags(['iris', ...argv]));

test('flags become a request', () => {
  const { request, missing } = plan(
    '--input',
    'X=[1,2]',
    '--version',
    '3',
    '--id',
    'a',
    '--output',
    'label',
    '--priority',
    '2',
    '--sequence',
    '7',
    '--start',
  );
  expect(request).toMatchObject({ model: 'iris', version: '3', id: 'a', inputs: [{ name: 'X', shape: [1, 2] }], outputs: ['label'] });
  expect(Object.fromEntries(request.parameters ?? [])).toEqual({ priority: 2n, sequence_id: 7n, sequence_start: true, sequence_end: false });
  expect(missing).toEqual([]);
});

test('--classes ranks the outputs that have numbers, and brings the others', () => {
  const { request, classified } = plan('--input', '[1,2]', '--classes', '2');
  expect([request.outputs, [...classified]]).toEqual([['label', { name: 'scores', parameters: new Map([['classification', 2n]]) }], ['scores']]);
});

test('parameters have the type that they look like', () => {
  const parameter = ['a=true', 'b=-3', 'c=1.5', 'd=1e3', 'e="7"', 'f=', 'g=x=y'];
  expect(Object.fromEntries(parseParameters({ parameter }))).toEqual({ a: true, b: -3n, c: 1.5, d: 1000, e: '7', f: '', g: 'x=y' });
});

describe('refusals', () => {
  test.each([
    [[], 'slipway infer needs the name of a model'],
    [['a', 'b'], 'takes one model, but got a b'],
    [['iris', '--frob'], "Unknown option '--frob'"],
    [['iris', '--input', 'y=1'], '--input y: model iris has no such input. Its inputs are X (FP32 [-1,2])'],
    [['iris', '--input', 'X=1', '--input', 'X=2'], '--input X is given twice'],
    [['iris', '--input', 'X=1', '--input', '[2]'], '--input X is given twice'],
    [['iris', '--input', '@/nowhere.npy'], '--input @/nowhere.npy cannot be read: '],
    [['iris', '--shape', 'X=1,b'], '--shape X=1,b is no shape'],
    [['iris', '--output', 'z'], '--output z: model iris has no such output. Its outputs are label (BYTES [-1]), scores (FP32 [-1,3])'],
    [['iris', '--output', 'label', '--classes', '2'], '--classes ranks numbers'],
    [['iris', '--classes', '0'], '--classes "0" is not a count'],
    [['iris', '--timeout', 'soon'], '--timeout "soon" is not a time: give seconds above 0, such as 2.5'],
    [['iris', '--start'], '--start belongs to a sequence: give --sequence ID'],
    [['iris', '--sequence', '0'], '--sequence "0" means none'],
    [['iris', '--parameter', 'a'], '--parameter "a" has no value'],
    [['iris', '--cert', 'a.pem'], '--cert needs the other half'],
    [['iris', '--ca', '/nowhere.pem'], '--ca "/nowhere.pem" cannot be read'],
    [['iris', '--http', '--stream'], '--stream needs gRPC'],
  ])('%j', (argv, words) => expect(() => planRequest(IRIS, parseInferFlags(argv))).toThrow(words));
});

test('answers for people and for programs', () => {
  const text = (...texts: string[]) => joinBytesElements(texts.map((one) => Buffer.from(one)));
  const outputs = [
    { name: 'scores', datatype: 'BYTES' as const, shape: [2], data: text('0.75:1:dog', '0.25:0'), parameters: new Map() },
    { name: 'y', datatype: 'FP64' as const, shape: [1], data: new Uint8Array(Float64Array.of(Number.NaN).buffer), parameters: new Map() },
  ];
  const answer = { model: 'm', version: '2', id: 'a', parameters: new Map([['last', true as const]]), outputs };
  expect(formatAnswer(answer, { seconds: 0.00123, classified: new Set(['scores']) })).toBe(
    [
      'm version 2 answered in 1.23 ms, id a',
      'OUTPUT  DATATYPE  SHAPE  VALUES',
      'scores  BYTES     [2]    [dog 0.75, class 0 0.25]',
      'y       FP64      [1]    [NaN]',
    ].join('\n'),
  );
  expect(JSON.parse(formatAnswerJson(answer, 0.5))).toEqual({
    model_name: 'm',
    model_version: '2',
    id: 'a',
    parameters: { last: true },
    outputs: [
      { name: 'scores', datatype: 'BYTES', shape: [2], data: ['0.75:1:dog', '0.25:0'] },
      { name: 'y', datatype: 'FP64', shape: [1], data: ['NaN'] },
    ],
    seconds: 0.5,
  });
});

test('names of tensors make no paths', () => {
  const file = (name: string) => fileNameOf({ name, datatype: 'FP32', shape: [], data: new Uint8Array() });
  expect(['scope/y:0', '../../x', ''].map(file)).toEqual(['scope_y_0.npy', '__.._x.npy', '_.npy']);
});
