import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { StreamTable } from './stream-table.js';

/** Ids of clients' streams: odd, ascending, some of them long-lived. */
const steps = fc.array(fc.oneof(fc.constant('open' as const), fc.nat({ max: 400 })), { maxLength: 600 });

describe('StreamTable', () => {
  it('holds what a Map holds, whatever opens and closes', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 0, max: 1 }), (taken, side) => {
        const table = new StreamTable<string>();
        const want = new Map<number, string>();
        let next = 1 + side;
        for (const step of taken) {
          if (step === 'open') {
            table.add(next, `stream ${next}`);
            want.set(next, `stream ${next}`);
            next += 2;
          } else {
            const id = [...want.keys()][step % (want.size + 1)] ?? next;
            expect(table.delete(id)).toBe(want.delete(id));
            expect(table.get(id)).toBeUndefined();
          }
          expect(table.size).toBe(want.size);
        }
        expect(table.list().sort()).toEqual([...want.values()].sort());
        for (const [id, stream] of want) expect(table.get(id)).toBe(stream);
      }),
      { seed: 32, numRuns: 300 },
    );
  });
});
