import { expect, test } from '@jest/globals';
import { findProblems, listFields, listRefusals } from './schema-fields.js';

const SCHEMA = {
  type: 'object',
  required: ['name'],
  'x-kubernetes-validations': [{ rule: 'x', message: 'choose one' }],
  properties: {
    name: { type: 'string', enum: ['a', 'b'] },
    size: { 'x-kubernetes-int-or-string': true },
    limits: { type: 'object', additionalProperties: { type: 'integer' } },
    list: {
      type: 'array',
      items: { type: 'object', properties: { on: { type: 'boolean', 'x-kubernetes-validations': [{ messageExpression: "'may not be ' + self" }] } } },
    },
  },
};

test('fields are listed with their paths', () => {
  expect(listFields(SCHEMA).map((field) => field.path)).toEqual(['name', 'size', 'limits', 'list', 'list[].on']);
});

test('refusals are the messages, or the quoted parts of their expressions', () => {
  expect(listRefusals(SCHEMA)).toEqual(['choose one', 'may not be']);
});

test.each([
  ['what fits', { name: 'a', size: '1Gi', limits: { cpu: 1 }, list: [{ on: true }] }, []],
  ['an unknown field', { name: 'a', nmae: 'a' }, ['x.nmae is not known']],
  ['a missing one', {}, ['x.name is missing']],
  ['a value that is not allowed', { name: 'c' }, ['x.name "c" is none of a, b']],
  [
    'wrong types',
    { name: 1, size: true, limits: { cpu: 0.5 }, list: [{ on: 'yes' }] },
    ['x.name is no text', 'x.size is no quantity', 'x.limits.cpu is no whole number', 'x.list[0].on is no boolean'],
  ],
  ['wrong shapes', { name: 'a', limits: [], list: {} }, ['x.limits is no object', 'x.list is no list']],
])('%s is found', (_name, value, want) => {
  expect(findProblems(SCHEMA, value, 'x')).toEqual(want);
});
