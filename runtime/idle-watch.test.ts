import { describe, expect, test } from '@jest/globals';
import { IdleWatch } from './idle-watch.js';

/** Looks at what each letter says: w work, b busy without a new request, - nothing. "+30": the process grows by 30 bytes. Answers at which looks it gave back, below 0 thoroughly. */
function lookAt(script: string): number[] {
  const world = { work: 0, busy: false, bytes: 100, look: 0, given: [] as number[] };
  const watch = new IdleWatch({
    readWork: () => world.work,
    isBusy: () => world.busy,
    readResidentBytes: () => world.bytes,
    giveBack: (isThorough) => {
      world.given.push(isThorough ? -world.look : world.look);
      world.bytes = 100;
    },
  });
  for (const step of script.split(' ')) {
    if (step.startsWith('+')) world.bytes += Number(step);
    else {
      world.busy = step === 'b';
      if (step === 'w') world.work++;
      world.look++;
      watch.look();
    }
  }
  return world.given;
}

describe('IdleWatch', () => {
  test.each([
    ['nothing ever came', '- - - - -', []],
    ['a rest of a second', 'w - - - -', [3]],
    ['pauses of half a second', 'w - w - w - w', []],
    ['a request that takes long', 'w b b b - -', [6]],
    ['once a rest', 'w - - - - - - - w - - -', [3]],
    ['and again when it grew', 'w - - - +9 w - - - +20 w - - -', [3, 11]],
    ['not for a growth of little', 'w - - - +9 w - - -', [3]],
    ['but when it has become much', 'w - - - +9 w - - - +9 w - - -', [3, 11]],
    ['thoroughly in a rest of 20 s, once', `w ${'- '.repeat(100).trim()}`, [3, -41]],
    ['and that also when it grew by little', `w - - - w ${'- '.repeat(50).trim()}`, [3, -45]],
  ])('%s', (_name, script, want) => expect(lookAt(script)).toEqual(want));
});
