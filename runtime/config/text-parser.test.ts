import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ConfigError } from './config-error.js';
import type { ConfigNode, MessageNode } from './config-node.js';
import { parseText } from './text-parser.js';

/** The tree without places, as plain values: fields in order, each with the list of its values. */
function plain(node: ConfigNode): unknown {
  return node.kind === 'Scalar'
    ? node.form === 'String'
      ? { text: node.text }
      : node.text
    : node.fields.map(({ name, values }) => [name, values.map(plain)]);
}
const parse = (text: string): unknown => plain(parseText(text, 'config.pbtxt'));

describe('parseText', () => {
  test.each<{ name: string; text: string; want: unknown }>([
    { name: 'nothing', text: '  # a comment alone', want: [] },
    {
      name: 'a word, a number, a text',
      text: 'kind: KIND_CPU\ncount: 2 name: "a"',
      want: [
        ['kind', ['KIND_CPU']],
        ['count', ['2']],
        ['name', [{ text: 'a' }]],
      ],
    },
    { name: 'space before the colon', text: 'max_batch_size : 0', want: [['max_batch_size', ['0']]] },
    {
      name: 'a message with and without colon',
      text: 'a { b: 1 } a: { b: 2 }',
      want: [
        ['a', [[['b', ['1']]]]],
        ['a', [[['b', ['2']]]]],
      ],
    },
    { name: 'angle brackets', text: 'a < b: 1 >', want: [['a', [[['b', ['1']]]]]] },
    { name: 'a list of messages without colon', text: 'a [ { b: 1 }, <> ]', want: [['a', [[['b', ['1']]], []]]] },
    { name: 'a list of values', text: 'dims: [ 1, -1, 3 ]', want: [['dims', ['1', '-1', '3']]] },
    {
      name: 'an empty list',
      text: 'dims: [] shape []',
      want: [
        ['dims', []],
        ['shape', []],
      ],
    },
    {
      name: 'separators after fields',
      text: 'a: 1, b: 2; c { d: 3; }',
      want: [
        ['a', ['1']],
        ['b', ['2']],
        ['c', [[['d', ['3']]]]],
      ],
    },
    { name: 'comments anywhere', text: 'a: # one\n 1 # two\n', want: [['a', ['1']]] },
    { name: 'texts in a row are one', text: `a: "x" 'y'\n"z"`, want: [['a', [{ text: 'xyz' }]]] },
    { name: 'escapes', text: String.raw`a: "\n\"\\\x41\101\u00e9\303\251"`, want: [['a', [{ text: '\n"\\AAéé' }]]] },
    { name: 'a quote of the other kind', text: `a: 'say "x"'`, want: [['a', [{ text: 'say "x"' }]]] },
    { name: 'hex, octal, floats, infinity', text: 'a: [0x1F, 017, 1.5e-3f, -inf]', want: [['a', ['0x1F', '017', '1.5e-3f', '-inf']]] },
    {
      name: 'Windows line ends and a byte order mark',
      text: '\uFEFFa: 1\r\nb: 2\r\n',
      want: [
        ['a', ['1']],
        ['b', ['2']],
      ],
    },
  ])('$name', ({ text, want }) => expect(parse(text)).toEqual(want));

  test.each([
    { name: 'an unclosed message', text: 'a {\n  b: 1', want: 'config.pbtxt:2:7: the end of the file is no field name: write one, or }' },
    { name: 'a bracket too many', text: 'a: 1\n}', want: 'config.pbtxt:2:1: "}" is no field name' },
    { name: 'the wrong bracket', text: 'a { b: 1 >', want: 'config.pbtxt:1:10: ">" is no field name: write one, or }' },
    { name: 'a value without colon', text: 'name "a"', want: 'config.pbtxt:1:6: "name" needs a : before its value "a"' },
    { name: 'a field without value', text: 'a:\n}', want: 'config.pbtxt:2:1: "a" needs a value, but here is "}"' },
    { name: 'a list without comma', text: 'dims: [ 1 2 ]', want: 'the list of "dims" goes on with , or ends with ], but here is "2"' },
    { name: 'a list that ends in a comma', text: 'dims: [ 1, ]', want: '"dims" needs a value, but here is "]"' },
    { name: 'an unclosed list', text: 'dims: [ 1', want: 'but here is the end of the file' },
    { name: 'an unclosed text', text: 'a: "x\nb: 1', want: 'config.pbtxt:1:4: this text has no closing " on its line' },
    { name: 'an escape that is none', text: String.raw`a: "\q"`, want: String.raw`\q is no escape` },
    { name: 'bytes that are not UTF-8', text: String.raw`a: "\xff"`, want: 'not UTF-8' },
    { name: 'a strange character', text: 'a: 1\n  €', want: 'config.pbtxt:2:3: "€" is neither' },
    { name: 'a number that runs into a word', text: 'a: 12abc', want: '"12abc" is neither' },
    { name: 'an extension', text: '[a]: 1', want: '"[" is no field name' },
    { name: 'too deep', text: 'a{'.repeat(40), want: 'nested more than 32 levels' },
  ])('refuses $name', ({ text, want }) => {
    expect(() => parse(text)).toThrow(ConfigError);
    expect(() => parse(text)).toThrow(want);
  });
});

const PIECES = [
  'input',
  'name',
  ':',
  '{',
  '}',
  '[',
  ']',
  '<',
  '>',
  ',',
  ';',
  '-',
  '"a"',
  "'b'",
  '"',
  '\\',
  '1',
  '0x1',
  '1.5',
  '-1',
  'TYPE_FP32',
  '#',
  '\n',
  ' ',
  '€',
  '\0',
];

test('whatever the text, it is read or refused with a place', () => {
  const text = fc.oneof(
    fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map((pieces) => pieces.join('')),
    fc.string({ maxLength: 80, unit: 'binary' }),
  );
  fc.assert(
    fc.property(text, (source) => {
      try {
        parseText(source, 'f');
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError);
        expect(String(error)).toMatch(/^ConfigError: f:\d+:\d+: /);
      }
    }),
    { seed: 4, numRuns: 5000 },
  );
});

test('what is written out of a tree reads back as that tree', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(NAME, VALUE), { maxLength: 5 }), (fields) => {
      const written = fields.map(([name, value]) => `${name}: ${write(value)}`).join('\n');
      expect(parse(written)).toEqual(fields.map(([name, value]) => [name, [tree(value)]]));
    }),
    { seed: 5, numRuns: 1000 },
  );
});

type Value = { readonly text: string } | { readonly number: number } | { readonly fields: readonly (readonly [string, Value])[] };
const NAME = fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/);
const { VALUE } = fc.letrec<{ VALUE: Value }>((tie) => ({
  VALUE: fc.oneof(
    { depthSize: 'small' },
    fc.record({ text: fc.string({ maxLength: 12, unit: 'grapheme' }) }),
    fc.record({ number: fc.integer() }),
    fc.record({ fields: fc.array(fc.tuple(NAME, tie('VALUE')), { maxLength: 3 }) }),
  ),
}));

function write(value: Value): string {
  if ('text' in value) return JSON.stringify(value.text).replaceAll(/\\u(d[89a-f]..)/gi, '?');
  return 'number' in value ? String(value.number) : `{ ${value.fields.map(([name, inner]) => `${name}: ${write(inner)}`).join(' ')} }`;
}

function tree(value: Value): unknown {
  if ('text' in value) return value;
  return 'number' in value ? String(value.number) : value.fields.map(([name, inner]) => [name, [tree(inner)]]);
}

test('a text of a megabyte is read', () => {
  const long = 'x'.repeat(1 << 20);
  const root: MessageNode = parseText(`a: "${long}\\n"`, 'f');
  expect(root.fields[0]?.values[0]).toMatchObject({ text: `${long}\n` });
});
