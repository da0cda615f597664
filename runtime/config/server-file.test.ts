import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ConfigError } from './config-error.js';
import { fromJson, type MessageNode } from './config-node.js';
import { layerFields } from './layer-fields.js';
import { findNearest } from './nearest-name.js';
import { readModelConfig } from './read-model-config.js';
import { parseServerFile } from './server-file.js';
import { parseText } from './text-parser.js';

const FLAGS = ['grpc-port', 'watch'];
const parse = (text: string) => parseServerFile(text, 'c.yaml', FLAGS);

describe('parseServerFile', () => {
  test.each([
    ['a list where a value belongs', 'grpc-port: [1, 2]', 'c.yaml: grpc-port: "grpc-port" is one plain value'],
    ['a map where a value belongs', 'path: { a: 1 }', '"path" is one plain value'],
    ['models as a list', 'models: [a, b]', '"models" is a map'],
    ['a model without settings', 'models: { reader: 3 }', '"reader" is a map'],
    ['an empty value', 'path:', 'c.yaml: path: is empty'],
    ['a key twice', 'path: a\npath: b', 'c.yaml:2:1: '],
    ['a value of a model that is out of range', 'models: { m: { max_batch_size: -1 } }', 'c.yaml: models.m.max_batch_size: "max_batch_size" is -1'],
    [
      'a bomb of aliases',
      `a: &a [x, x]\n${'bcdefghi'
        .split('')
        .map((letter, index) => `${letter}: &${letter} [${Array(9).fill(`*${'abcdefgh'[index]}`).join(', ')}]`)
        .join('\n')}`,
      'c.yaml: ',
    ],
  ])('refuses %s', (_name, text, want) => {
    expect(() => parse(text)).toThrow(ConfigError);
    expect(() => parse(text)).toThrow(want);
  });
  test('whatever the text, it is read or refused', () => {
    const piece = fc.constantFrom(
      'path',
      'models',
      ': ',
      '\n',
      '  ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '"',
      "'",
      '&a ',
      '*a',
      '!!str ',
      '|',
      '#',
      '1',
      'max_batch_size',
      'm',
      '\0',
      '?',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        try {
          parse(pieces.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
        }
      }),
      { seed: 7, numRuns: 3000 },
    );
  });
});

describe('layerFields', () => {
  const json = (value: unknown): MessageNode => {
    const node = fromJson(value, 'yaml');
    if (node.kind === 'Scalar') throw new Error('not a message');
    return node;
  };
  const layer = (base: string, over: unknown) => readModelConfig(layerFields(parseText(base, 'pbtxt'), json(over))).settings;

  test('a field above takes the place of the one below, whole; others stay', () => {
    const base =
      'max_batch_size: 4 dynamic_batching { preserve_ordering: true } response_cache { enable: true } parameters { key: "a" value { string_value: "b" } }';
    const settings = layer(base, { dynamicBatching: { maxQueueDelayMicroseconds: 5 } });
    expect(settings).toMatchObject({
      maxBatchRows: 4,
      preserveOrdering: false,
      maxDelaySeconds: 5e-6,
      responseCache: true,
      parameters: new Map([['a', 'b']]),
    });
  });
  test('another scheduler takes out the one below', () => {
    const settings = layer('max_batch_size: 4 dynamic_batching { preserve_ordering: true }', {
      sequence_batching: { max_sequence_idle_microseconds: 5_000_000 },
    });
    expect(settings).toMatchObject({ preserveOrdering: false, sequence: { maxIdleSeconds: 5 } });
  });
});

test.each([
  ['max_batchsize', 'max_batch_size'],
  ['Input', 'input'],
  ['x', undefined],
  ['completely_else', undefined],
])('the nearest of %s is %s', (name, want) => expect(findNearest(name, ['max_batch_size', 'input', 'output'])).toBe(want));
