/** Random traffic through response cache and single flight over the real scheduler: nobody gets another's answer, and each gets one. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FakeSession } from '../../test/runtime/fake-session.js';
import { makeItem, makeOutputs } from '../../test/runtime/make-work-item.js';
import { VirtualTime } from '../../test/runtime/virtual-time.js';
import { DEFAULT_MODEL_SETTINGS } from '../core/model-settings.js';
import { InferenceStatistics } from '../dataplane/inference-statistics.js';
import type { RunBatch, WorkItem } from '../dataplane/ports.js';
import { computeQueuePolicies } from './new-model-scheduler.js';
import { RequestKeys } from './request-key.js';
import { ResponseCache } from './response-cache.js';
import { ResponseCacheScheduler } from './response-cache-scheduler.js';
import { Scheduler } from './scheduler.js';
import { SingleFlightScheduler } from './single-flight-scheduler.js';

const POISON = 2;

const arrival = fc.record({
  gapMs: fc.nat(2),
  first: fc.nat(POISON),
  rows: fc.integer({ min: 1, max: 2 }),
  scalar: fc.nat(1),
  outputs: fc.constantFrom(['y', 'z', 't'], ['t', 'y']),
  priority: fc.nat(1),
  cancelAfterMs: fc.option(fc.nat(10), { nil: undefined, freq: 3 }),
  deadlineMs: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined, freq: 5 }),
  timeoutMs: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined, freq: 8 }),
});

const traffic = fc.record({
  runMs: fc.constantFrom(0, 3, 9),
  cacheBytes: fc.constantFrom(0, 3000, 1e6),
  arrivals: fc.array(arrival, { minLength: 1, maxLength: 50, size: 'max' }),
});
type Traffic = typeof traffic extends fc.Arbitrary<infer T> ? T : never;

function makeWorld(t: Traffic) {
  const time = new VirtualTime();
  const isPoisoned = ({ parts }: RunBatch): boolean => parts.some(({ inputs }) => new Int32Array(inputs[0]?.data.slice().buffer ?? [])[0] === POISON);
  const session = new FakeSession({
    time,
    latency: () => t.runMs / 1000,
    fault: (batch) => (isPoisoned(batch) ? new Error('Non-zero status code returned') : undefined),
  });
  const inner = new Scheduler({
    model: 'm',
    sessions: [session],
    plan: { maxRows: 8, targetRows: 8, maxDelaySeconds: 0, inputAxes: [0, undefined], outputAxes: [0, 1, undefined], why: '' },
    policies: computeQueuePolicies({
      ...DEFAULT_MODEL_SETTINGS,
      priorityLevels: 2,
      defaultPriority: 1,
      queuePolicy: { timeoutAction: 'REJECT', allowTimeoutOverride: true },
    }),
    nowSeconds: time.nowSeconds,
    setTimer: time.setTimer,
    defer: time.defer,
    observer: { observeBatch: () => {}, observePlan: () => {} },
  });
  const keys = new RequestKeys('digest/1');
  const cache = new ResponseCache(t.cacheBytes);
  const statistics = new InferenceStatistics();
  const single = new SingleFlightScheduler(inner, keys);
  const scheduler = new ResponseCacheScheduler(single, { keys, cache, statistics, nowSeconds: time.nowSeconds });
  return { time, session, inner, cache, statistics, scheduler };
}

interface Seen {
  readonly answered: number;
  readonly fromMemory: number;
  readonly failed: number;
}

async function play(t: Traffic): Promise<Seen> {
  const { time, inner, session, cache, statistics, scheduler } = makeWorld(t);
  const told: number[] = t.arrivals.map(() => 0);
  const faults: string[] = [];
  let [answered, fromMemory, failed, ran] = [0, 0, 0, 0];
  let at = 0;
  for (const [index, sent] of t.arrivals.entries()) {
    at += sent.gapMs / 1000;
    const { outputs, priority, deadlineMs, timeoutMs, cancelAfterMs } = sent;
    const want = outputs.map((name) => makeOutputs(sent).find((output) => output.name === name));
    time.at(at, () => {
      const item: Omit<WorkItem, 'done'> = {
        ...makeItem(sent),
        outputs,
        priority,
        ...(deadlineMs === undefined ? {} : { deadlineSeconds: time.nowSeconds() + deadlineMs / 1000 }),
        ...(timeoutMs === undefined ? {} : { timeoutSeconds: timeoutMs / 1000 }),
      };
      let isCancelled = false;
      scheduler.submit({
        ...item,
        done: (result) => {
          told[index] = (told[index] ?? 0) + 1;
          if (result.error !== undefined) {
            failed += 1;
            if (result.error.code === 'CANCELLED' && !isCancelled) faults.push(`request ${index} was cancelled by another`);
            if (result.error.code === 'DEADLINE_EXCEEDED' && deadlineMs === undefined && timeoutMs === undefined)
              faults.push(`request ${index} has another's deadline`);
            if (result.error.code === 'INTERNAL' && sent.first !== POISON) faults.push(`request ${index} has another's error`);
            return;
          }
          answered += 1;
          if (result.run === undefined) fromMemory += 1;
          else ran += 1;
          if (JSON.stringify(result.outputs.map(toPlain)) !== JSON.stringify(want.map(toPlain))) faults.push(`request ${index} has another's answer`);
        },
      });
      if (cache.bytes > t.cacheBytes) faults.push(`the cache has ${cache.bytes} bytes`);
      if (cancelAfterMs !== undefined)
        time.at(time.nowSeconds() + cancelAfterMs / 1000, () => {
          isCancelled = true;
          item.call.abandon();
        });
    });
  }
  await time.run();
  await scheduler.idle();
  expect(faults).toEqual([]);
  expect(told.filter((times) => times !== 1)).toEqual([]);
  expect([scheduler.depth, scheduler.waiting, inner.depth]).toEqual([0, 0, 0]);
  expect(statistics.cacheMiss.count).toBe(ran);
  expect(session.outstanding).toBe(0);
  return { answered, fromMemory, failed };
}

test('nobody gets another one’s answer, error, cancel or deadline', async () => {
  const seen = { answered: 0, fromMemory: 0, failed: 0 };
  await fc.assert(
    fc.asyncProperty(traffic, async (t) => {
      const one = await play(t);
      seen.answered += one.answered;
      seen.fromMemory += one.fromMemory;
      seen.failed += one.failed;
    }),
    { numRuns: 300, seed: 20260803 },
  );
  expect(seen.answered).toBeGreaterThan(1000);
  expect(seen.fromMemory).toBeGreaterThan(300);
  expect(seen.failed).toBeGreaterThan(300);
});

function toPlain(tensor: { name: string; datatype: string; shape: readonly number[]; data: Uint8Array } | undefined): unknown {
  return tensor && [tensor.name, tensor.datatype, tensor.shape, [...tensor.data]];
}
