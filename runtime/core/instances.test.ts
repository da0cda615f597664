import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type InstanceInput, planInstances } from './instances.js';

const MIB = 2 ** 20;
const SMALL: InstanceInput = { quotaCpus: 4, memoryBytes: 2048 * MIB, modelBytes: 100 * MIB };

describe('instances and threads', () => {
  test.each<[string, Partial<InstanceInput>, number, number, RegExp]>([
    ['small model: one thread each', {}, 4, 1, /one copy for each 1 of 4 CPUs/],
    ['memory for one: it gets all the threads', { modelBytes: 700 * MIB }, 1, 4, /holds 1 copies/],
    ['memory for two of four', { modelBytes: 450 * MIB }, 2, 2, /holds 2 copies/],
    ['memory for none', { memoryBytes: 256 * MIB, modelBytes: 700 * MIB }, 1, 4, /raise the memory limit/],
    ['no limit of memory', { memoryBytes: undefined, modelBytes: 5000 * MIB }, 4, 1, /one copy/],
    ['half a CPU', { quotaCpus: 0.5 }, 1, 1, /one copy for each 1 of 1 CPUs/],
    ['one and a half CPUs', { quotaCpus: 1.5 }, 2, 1, /of 2 CPUs/],
    ['an accelerator', { accelerator: 'nvidia' }, 1, 4, /accelerator/],
    ['asked for both', { asked: { instances: 3, threads: 2 } }, 3, 2, /6 threads share 4 CPUs/],
    ['asked for instances', { asked: { instances: 2 } }, 2, 2, /2 instances were asked for$/],
    ['asked for threads', { asked: { threads: 2 } }, 2, 2, /one copy for each 2/],
    ['measured activations', { activationBytes: 700 * MIB }, 1, 4, /holds 1 copies/],
    ['very many CPUs', { quotaCpus: 128, memoryBytes: undefined }, 64, 2, /at most 64 copies/],
  ])('%s', (_name, changes, instances, threads, why) => {
    const plan = planInstances({ ...SMALL, ...changes });
    expect({ instances: plan.instances, threads: plan.threads }).toEqual({ instances, threads });
    expect(plan.why).toMatch(why);
  });
});

test('never more threads than CPUs unless asked, never fewer than one, more memory never means fewer copies', () => {
  const inputs = fc.record({
    quotaCpus: fc.double({ min: 0.05, max: 200, noNaN: true }),
    memoryBytes: fc.integer({ min: 1, max: 2 ** 40 }),
    modelBytes: fc.integer({ min: 0, max: 2 ** 36 }),
  });
  fc.assert(
    fc.property(inputs, (input) => {
      const plan = planInstances(input);
      expect(plan.instances).toBeGreaterThanOrEqual(1);
      expect(plan.threads).toBeGreaterThanOrEqual(1);
      expect(plan.instances * plan.threads).toBeLessThanOrEqual(Math.ceil(input.quotaCpus));
      expect(planInstances({ ...input, memoryBytes: input.memoryBytes * 2 }).instances).toBeGreaterThanOrEqual(plan.instances);
    }),
    { seed: 4, numRuns: 500 },
  );
});
