import { beforeEach, describe, expect, test } from '@jest/globals';
import { FakeClock, settle } from '../fakes/fake-clock.js';
import { ProcessClock } from './process-clock.js';
import { ProcessGate } from './process-gate.js';

let base: FakeClock;
let gate: ProcessGate;
let clock: ProcessClock;
let woken: string[];
beforeEach(() => {
  base = new FakeClock();
  gate = new ProcessGate();
  clock = new ProcessClock(base, gate);
  woken = [];
});

const sleep = (name: string, ms: number): void => {
  void clock.sleep(ms).then(() => woken.push(name));
};

describe('A process', () => {
  test('that is stopped wakes nobody, and all who are due when it goes on, timers first', async () => {
    sleep('late', 2000);
    sleep('soon', 1000);
    sleep('later', 60_000);
    gate.stop();
    void gate.pass('Answer').then(() => woken.push('answer'));
    await base.advance(20_000);
    expect(woken).toEqual([]);
    await gate.resume();
    await settle();
    expect(woken).toEqual(['soon', 'late', 'answer']);
    expect(clock.now()).toBe(base.now());
  });

  test('that is dead never wakes, whoever tries', async () => {
    sleep('soon', 1000);
    gate.stop();
    gate.kill();
    await gate.resume();
    await base.advance(20_000);
    expect([woken, gate.death.aborted]).toEqual([[], true]);
  });

  test('has a time of day of its own', () => {
    clock.offsetMs = -600_000;
    expect(clock.now()).toBe(base.now() - 600_000);
  });
});
