import { expect, test } from '@jest/globals';
import { computeTightestMemory, parseMemoryLimitV1, parseMemoryMax } from './memory-limit.js';

test.each<[string, number | undefined]>([
  ['536870912\n', 536870912],
  ['max\n', undefined],
  ['', undefined],
  ['-1', undefined],
])('memory.max %j', (text, want) => expect(parseMemoryMax(text)).toBe(want));

test.each<[string, number | undefined]>([
  ['268435456\n', 268435456],
  ['9223372036854771712\n', undefined],
  ['x', undefined],
])('memory.limit_in_bytes %j', (text, want) => expect(parseMemoryLimitV1(text)).toBe(want));

test('the tightest limit binds', () => {
  expect(computeTightestMemory([undefined, 5, 3])).toBe(3);
  expect(computeTightestMemory([undefined])).toBeUndefined();
});
