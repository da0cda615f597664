/**
 * What holds of the status whatever pods there are: every pod has one documented reason, a healthy pod more never makes the headline
 * worse, the order in which pods are read changes nothing, and every text fits.
 */
import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DIGEST_A, makeModelDeployment } from '../../test/builders/model-deployment.js';
import { endedWith, makePod, type PodBuilder, terminated, waiting } from '../../test/builders/pod.js';
import { TEST_CONFIG, TestWorld } from '../../test/builders/test-world.js';
import { KINDS, type KindName } from '../api/kinds.js';
import { LIMITS } from '../api/limits.js';
import { isReason, LAYERS, layerRank } from '../api/reasons.js';
import type { ModelDeployment, ModelDeploymentStatus } from '../api/zz_generated.modeldeployment.js';
import { classifyPod } from '../plan/classify-pod.js';
import { planModelDeployment } from '../plan/plan-model-deployment.js';
import { computeStatus } from '../status/compute-status.js';
import { findBrokenInvariants } from '../status/invariants.js';
import { NOTHING_WRITTEN } from '../status/outcome.js';
import { isRecord } from '../view/json.js';
import type { Observed } from '../view/observed.js';
import { type PodView, viewPod } from '../view/pod-view.js';
import { observe } from './observe.js';

const REPLICAS = 3;
const NOW = Date.parse('2026-01-01T03:00:00Z');
const at = (minute: number): string => new Date(Date.parse('2026-01-01T02:00:00Z') + minute * 60_000).toISOString();
const LONG = 'ÿ words of somebody who says a lot, ';

/** What may have become of a pod. */
const FATES: Readonly<Record<string, (pod: PodBuilder, minute: number) => PodBuilder>> = {
  ready: (pod) => pod.on('n1').ready(),
  pending: (pod) => pod,
  unschedulable: (pod) => pod.condition('PodScheduled', 'False', 'Unschedulable', LONG.repeat(50)),
  gated: (pod) => pod.condition('PodScheduled', 'False', 'SchedulingGated', 'gates'),
  creating: (pod) => pod.on('n1').init(waiting('PodInitializing')),
  imagePull: (pod) => pod.on('n2').init(waiting('ImagePullBackOff', LONG.repeat(80))),
  downloading: (pod) => pod.on('n1').init({ running: { startedAt: at(1) } }),
  mismatch: (pod) => pod.on('n1').init(waiting('CrashLoopBackOff'), { restartCount: 1, lastState: endedWith('DIGEST_MISMATCH', LONG.repeat(60)) }),
  loading: (pod, minute) =>
    pod
      .on('n1')
      .fetched()
      .main({ running: { startedAt: at(minute) } })
      .status({ phase: 'Running' }),
  invalid: (pod) =>
    pod
      .on('n1')
      .fetched()
      .main(waiting('CrashLoopBackOff'), { restartCount: 1, lastState: endedWith('MODEL_INVALID', 'x') }),
  hopeless: (pod) =>
    pod
      .on('n1')
      .fetched()
      .main(waiting('CrashLoopBackOff'), { restartCount: 4, lastState: endedWith('MODEL_INVALID', 'x') }),
  killed: (pod) =>
    pod
      .on('n1')
      .fetched()
      .main(waiting('CrashLoopBackOff'), { restartCount: 2, lastState: terminated(137, 'OOMKilled') }),
  unready: (pod, minute) => pod.on('n1').ready().unreadySince(at(minute)),
  evicted: (pod) => pod.spec({ nodeName: 'n1' }).status({ phase: 'Failed', reason: 'Evicted', message: LONG.repeat(40) }),
  noDevice: (pod) => pod.spec({ nodeName: 'n2' }).status({ phase: 'Failed', reason: 'OutOfnvidia.com/gpu', message: 'words' }),
  lost: (pod) => pod.on('n1').ready().status({ phase: 'Unknown' }),
  ending: (pod, minute) =>
    pod
      .on('n1')
      .ready()
      .metadata({ creationTimestamp: at(minute), deletionTimestamp: at(59) }),
  drained: (pod, minute) =>
    pod
      .on('n1')
      .ready()
      .condition('DisruptionTarget', 'True', 'EvictionByEvictionAPI', 'Eviction API: evicting')
      .metadata({ creationTimestamp: at(minute), deletionTimestamp: at(59) }),
};

interface Told {
  readonly fate: string;
  readonly minute: number;
}

let resting: Observed;
let revision = '';

beforeAll(async () => {
  const world = new TestWorld();
  world.create(makeModelDeployment().digest(DIGEST_A).replicas(REPLICAS).obj());
  await world.settle();
  const caches = Object.fromEntries(Object.entries(KINDS).map(([name, kind]) => [name, world.cluster.cache(kind)]));
  const isAll = (found: typeof caches): found is Record<KindName, ReturnType<typeof world.cluster.cache>> =>
    Object.keys(KINDS).every((name) => name in found);
  const observed = isAll(caches) ? await observe({ namespace: 'shop', name: 'reader' }, caches, world.probe) : undefined;
  if (observed === undefined) throw new Error('There is no model to observe');
  resting = observed;
  revision = observed.serving ?? '';
});

function toPods(told: readonly Told[]): PodView[] {
  return told.map(({ fate, minute }, index) => {
    const pod = makePod(`${revision}-5d4f-${index}`, revision).metadata({ creationTimestamp: at(minute) });
    return viewPod((FATES[fate] ?? ((same: PodBuilder) => same))(pod, minute).obj());
  });
}

/** As a pass sees it, and says it. The Deployment's controller has seen the same pods. */
function statusOf(pods: readonly PodView[]): ModelDeploymentStatus {
  const ready = pods.filter(({ isReady, isTerminating }) => isReady && !isTerminating).length;
  const deployments = new Map([...resting.deployments].map(([name, deployment]) => [name, { ...deployment, ready }]));
  const { status: _, ...model } = resting.model;
  return computeStatus(planModelDeployment({ ...resting, model, deployments, pods }, TEST_CONFIG, NOW), NOTHING_WRITTEN);
}

/** 0: Ready. Then what is on its way; then what is blocked, the worse the lower its layer; then what stays as it is. */
function gravity({ conditions = [], blockers = [] }: ModelDeploymentStatus): number {
  const is = (type: string): boolean => conditions.some((condition) => condition.type === type && condition.status === 'True');
  if (is('Ready')) return 0;
  const [headline] = blockers;
  const depth = headline === undefined || !isReason(headline.reason) ? 0 : 1 + LAYERS.length - layerRank(headline.reason);
  return 1 + depth + (is('Stalled') ? 100 : 0);
}

const told = fc.record({ fate: fc.constantFrom(...Object.keys(FATES)), minute: fc.nat(58) });
const world = fc.array(told, { maxLength: 8 });

describe('whatever pods there are', () => {
  test('a healthy pod more never makes the headline worse', () => {
    fc.assert(
      fc.property(world, fc.nat(58), (pods, minute) => {
        const [before, after] = [pods, [...pods, { fate: 'ready', minute }]].map((each) => statusOf(toPods(each)));
        expect(gravity(after ?? {})).toBeLessThanOrEqual(gravity(before ?? {}));
      }),
      { numRuns: 200 },
    );
  });

  test('their order changes nothing', () => {
    const shuffled = world.chain((pods) =>
      fc.tuple(
        fc.constant(pods),
        fc.shuffledSubarray(
          pods.map((_, index) => index),
          { minLength: pods.length },
        ),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([pods, order]) => {
        const views = toPods(pods);
        const others = order.flatMap((index) => views[index] ?? []);
        expect(statusOf(others)).toEqual(statusOf(views));
      }),
      { numRuns: 150 },
    );
  });

  test('the status holds its invariants, and every text of it fits', () => {
    fc.assert(
      fc.property(world, (pods) => {
        const status = statusOf(toPods(pods));
        const model: ModelDeployment = { ...resting.model, status };
        expect(findBrokenInvariants(model)).toEqual([]);
        const messages = [...(status.blockers ?? []), ...(status.conditions ?? [])].map(({ message }) => message);
        expect(messages.filter((text) => new TextEncoder().encode(text).length > LIMITS.message)).toEqual([]);
        for (const { reason } of status.blockers ?? []) expect(isReason(reason)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  test('pods that failed before one that is ready do not make a healthy model look blocked', () => {
    const past = fc.array(fc.record({ fate: fc.constantFrom('evicted', 'noDevice', 'drained'), minute: fc.nat(50) }), { maxLength: 6 });
    fc.assert(
      fc.property(past, (lost) => {
        const healthy = Array.from({ length: REPLICAS }, () => ({ fate: 'ready', minute: 55 }));
        expect(gravity(statusOf(toPods([...lost, ...healthy])))).toBe(0);
        const scaled = [...healthy.slice(1), { fate: 'loading', minute: 58 }];
        expect(statusOf(toPods([...lost.filter(({ fate }) => fate !== 'drained'), ...scaled])).blockers ?? []).toEqual([]);
      }),
    );
  });
});

describe('any pod', () => {
  /** Field by field as a kubelet writes it, and then something of it gone, or something that nobody knows in its place. */
  const junk = fc.constantFrom<unknown>(null, 'Dreaming', '', 0, -1, 1e9, true, [], {}, [null], 'a'.repeat(5000), '\u0000\n', '\ud800');
  const damaged = fc.record({ told, seed: fc.array(fc.nat(), { minLength: 1, maxLength: 6 }), junk, isCut: fc.boolean() });

  test('that is cut or spoiled anywhere has exactly one documented reason, in one line that fits', () => {
    fc.assert(
      fc.property(damaged, ({ told: { fate, minute }, seed, junk: replacement, isCut }) => {
        const whole = (FATES[fate] ?? ((same: PodBuilder) => same))(makePod(), minute).obj();
        const { metadata, ...rest } = whole;
        const spoiled = damage(rest, seed, isCut ? undefined : replacement);
        const object = { apiVersion: 'v1', kind: 'Pod', metadata, ...(isRecord(spoiled) ? spoiled : {}) };
        const { reason, message } = classifyPod(viewPod(object), NOW);
        expect(isReason(reason)).toBe(true);
        expect(message).toMatch(/^[^\n\p{Cc}]+$/u);
        expect(new TextEncoder().encode(message).length).toBeLessThanOrEqual(LIMITS.message);
      }),
      { numRuns: 2000 },
    );
  });
});

/** The value at a path that the seed picks is gone (undefined) or is another one. */
function damage(value: unknown, [choice = 0, ...others]: readonly number[], replacement: unknown): unknown {
  if (Array.isArray(value) && value.length > 0) {
    const place = choice % value.length;
    return value.flatMap((item: unknown, index) => (index === place ? keep(damage(item, others, replacement)) : [item]));
  }
  if (!isRecord(value) || Object.keys(value).length === 0 || others.length === 0) return replacement;
  const names = Object.keys(value);
  const name = names[choice % names.length] ?? '';
  return { ...value, [name]: damage(value[name], others, replacement) };
}

function keep(value: unknown): unknown[] {
  return value === undefined ? [] : [value];
}
