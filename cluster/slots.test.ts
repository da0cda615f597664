import { expect, test } from '@jest/globals';
import { isRouted } from './slots.js';

test.each<[string, string, boolean]>([
  ['the way out of the machine', 'default', false],
  ['a network elsewhere', '172.17.0.0/16', false],
  ['the whole of a company', '10.0.0.0/8', false],
  ['a network of ten thousands, around it', '10.201.0.0/16', true],
  ['the same /30', '10.201.7.0/30', true],
  ['the /30 of another slot', '10.201.8.0/30', false],
  ['one address', '10.201.7.2', true],
  ['another address', '10.201.7.9', false],
  ['a word of another kind of route', 'unreachable', false],
])('%s (%s): %s', (_, route, want) => {
  expect(isRouted(7, ['192.168.1.0/24', route])).toBe(want);
});
