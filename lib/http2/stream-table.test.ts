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
            table.set(next, `stream ${next}`);
            want.set(next, `stream ${next}`);
            next += 2;
          } else {
            const id = [...want.keys()][step % (want.size + 1)] ?? next;
            expect(table.delete(id)).toBe(want.delete(id));
            expect([table.has(id), table.get(id)]).toEqual([false, undefined]);
          }
          expect(table.size).toBe(want.size);
        }
        expect(new Map(table)).toEqual(want);
        for (const [id, stream] of want) expect([table.has(id), table.get(id)]).toEqual([true, stream]);
      }),
      { seed: 32, numRuns: 300 },
    );
  });

  it('lets callers delete while they walk', () => {
    const table = new StreamTable<string>();
    for (let id = 1; id < 200; id += 2) table.set(id, `${id}`);
    const seen: number[] = [];
    table.forEach((_stream, id) => {
      seen.push(id);
      table.delete(id);
    });
    expect([seen.length, table.size]).toEqual([100, 0]);
  });

  it('replaces, lists and forgets', () => {
    const table = new StreamTable<string>().set(1, 'a').set(3, 'b').set(1, 'c');
    expect([[...table.keys()], [...table.values()], table.size]).toEqual([[1, 3], ['c', 'b'], 2]);
    table.clear();
    expect([[...table], table.size, table.has(1)]).toEqual([[], 0, false]);
  });
});
