import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { collectGarbageSoon } from './memory-return.js';

/** Not by counted bytes: V8 frees them in threads of its own, a moment after the collection, and may have collected some before. */
test('what nobody holds is gone at the end of the turn, also the second time', async () => {
  for (let time = 0; time < 2; time++) {
    const left = Array.from({ length: 4 }, () => new WeakRef(new Uint8Array(1024)));
    collectGarbageSoon();
    collectGarbageSoon();
    await nextTurn();
    expect(left.filter((piece) => piece.deref() !== undefined)).toHaveLength(0);
  }
});
