import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { collectGarbageSoon } from './memory-return.js';

const MIB = 2 ** 20;

test('what nobody holds is gone at the end of the turn, also the second time', async () => {
  for (let time = 0; time < 2; time++) {
    for (let piece = 0; piece < 4; piece++) new Uint8Array(16 * MIB).fill(1);
    const before = process.memoryUsage().arrayBuffers;
    collectGarbageSoon();
    collectGarbageSoon();
    await nextTurn();
    await nextTurn();
    expect(before - process.memoryUsage().arrayBuffers).toBeGreaterThan(16 * MIB);
  }
});
