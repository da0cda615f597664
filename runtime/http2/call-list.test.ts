import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CallList, type Listed } from './call-list.js';

describe('CallList', () => {
  it('holds what a Set holds, whatever enters and leaves', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 15 }), { maxLength: 200 }), (toggles) => {
        const calls = Array.from({ length: 16 }, (): Listed => ({ place: -1 }));
        const list = new CallList();
        const want = new Set<Listed>();
        for (const index of toggles) {
          const call = calls[index];
          if (call === undefined) continue;
          if (want.delete(call)) list.delete(call);
          else {
            want.add(call);
            list.add(call);
          }
          expect(list.size).toBe(want.size);
          expect(new Set(list.list())).toEqual(want);
        }
      }),
      { seed: 41, numRuns: 200 },
    );
  });

  it('leaves others alone when what it does not hold is taken out', () => {
    const list = new CallList();
    const inside: Listed = { place: -1 };
    list.add(inside);
    list.delete({ place: -1 });
    list.delete({ place: 0 });
    expect(list.list()).toEqual([inside]);
    list.delete(inside);
    list.delete(inside);
    expect([list.size, inside.place]).toEqual([0, -1]);
  });
});
