/** How long a load may take, and what is said of a pod that was ready. */
import { describe, expect, test } from '@jest/globals';
import { DIGEST_A, makeModelDeployment } from '../../test/builders/model-deployment.js';
import { endedWith, makePod, POD_TIME, type PodBuilder } from '../../test/builders/pod.js';
import { TestWorld } from '../../test/builders/test-world.js';
import { classifyPod } from './classify-pod.js';
import { loadDeadlineMs } from './classify-unready.js';

const at = (seconds: number): string => new Date(Date.parse(POD_TIME) + seconds * 1000).toISOString();
const ms = (seconds: number): number => Date.parse(at(seconds));
const runs = (startedAt: string | undefined, more: Readonly<Record<string, unknown>> = {}): PodBuilder =>
  makePod().on('n1').fetched().status({ phase: 'Running' }).main({ running: { startedAt } }, more);
const reasonOf = (pod: PodBuilder, seconds: number): string => classifyPod(pod.view(), ms(seconds)).reason;

describe('a runtime that is not ready', () => {
  const failedOnce = { restartCount: 1, lastState: endedWith('MODEL_INVALID', 'not ONNX') };

  test.each<{ name: string; pod: PodBuilder; seconds: number; want: string }>([
    { name: 'for half an hour', pod: runs(at(10)).unreadySince(at(0)), seconds: 1810, want: 'Loading' },
    { name: 'for longer', pod: runs(at(10)).unreadySince(at(0)), seconds: 1811, want: 'LoadTimeout' },
    { name: 'for who knows how long', pod: runs(undefined).unreadySince(at(0)), seconds: 9999, want: 'Loading' },
    { name: 'that was ready since it began', pod: runs(at(10)).unreadySince(at(11)), seconds: 20, want: 'ReadinessLost' },
    { name: 'whose pod was ready before it began anew', pod: runs(at(10)).unreadySince(at(9)), seconds: 20, want: 'Loading' },
    { name: 'that begins anew after a failure', pod: runs(at(10), failedOnce).unreadySince(at(5)), seconds: 20, want: 'ModelInvalid' },
    { name: 'that was ready again after a failure', pod: runs(at(10), failedOnce).unreadySince(at(500)), seconds: 600, want: 'ReadinessLost' },
  ])('$name: $want', ({ pod, seconds, want }) => expect(reasonOf(pod, seconds)).toBe(want));

  test('is looked at again at the very instant at which its load takes too long', () => {
    const pod = runs(at(10)).unreadySince(at(0));
    const deadlineMs = loadDeadlineMs(pod.view()) ?? 0;
    expect([deadlineMs - 1, deadlineMs].map((now) => classifyPod(pod.view(), now).reason)).toEqual(['Loading', 'LoadTimeout']);
    expect(loadDeadlineMs(makePod().on('n1').ready().view())).toBeUndefined();
    expect(loadDeadlineMs(makePod().view())).toBeUndefined();
  });
});

test('a model that loads for too long says so without anything happening', async () => {
  const world = new TestWorld();
  world.create(makeModelDeployment().obj());
  world.fates.set(DIGEST_A, { kind: 'Loading', startedAt: '2026-01-01T00:59:50Z' });
  await world.settle();
  expect(world.ready()).toBe('False Loading');
  expect(world.lastResult).toEqual({ kind: 'RequeueAfter', afterMs: 1_790_001 });
  await world.clock.advance(1_790_001);
  await world.reconcile();
  expect(world.ready()).toBe('False LoadTimeout');
  expect(world.condition('Stalled')).toBeUndefined();
  world.fates.delete(DIGEST_A);
  await world.settle();
  expect(world.ready()).toBe('True Serving');
});
