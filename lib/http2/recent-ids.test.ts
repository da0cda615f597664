import { expect, test } from '@jest/globals';
import { RecentIds } from './recent-ids.js';

const SLOTS = 1024;

test('the last 1024, each as long', () => {
  const ids = new RecentIds();
  expect(ids.has(1)).toBe(false);
  for (let id = 1; id < 2 * SLOTS; id += 2) ids.add(id);
  expect([ids.has(1), ids.has(2 * SLOTS - 1), ids.has(2 * SLOTS + 1), ids.has(2)]).toEqual([true, true, false, false]);
  ids.add(2 ** 31 - 1);
  expect([ids.has(1), ids.has(3), ids.has(2 ** 31 - 1)]).toEqual([false, true, true]);
});
