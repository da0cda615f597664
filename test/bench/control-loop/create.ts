/** Many models at once: how long until all serve, and what that costs. */

import type { KubeJson } from '../../../lib/kube/kube-object.js';
import { API_COUNTER, countWrites, writesBetween } from './api-writes.js';
import { applyPlainly } from './children.js';
import type { CreateFigures } from './figures.js';
import { createModels, type ModelSet, type ModelWatch } from './models.js';
import type { OperatorUnderTest } from './operator-under-test.js';
import { sumOf } from './prometheus.js';
import { Rig } from './rig.js';

/** Of the client that makes the models: more than any operator works on at a time. */
const CREATORS = 16;
/** Each look makes the operator print all its metrics, which costs it as much as half a model. */
const QUEUE_LOOKS_MS = 2000;

export interface Running {
  readonly rig: Rig;
  readonly operator: OperatorUnderTest;
  readonly watch: ModelWatch;
}

/** `total`: how many there are then, with those that were there before. */
export async function measureCreate({ rig, operator, watch }: Running, set: ModelSet, total: number, title: string): Promise<CreateFigures> {
  const writesBefore = countWrites(await rig.apiMetrics([API_COUNTER]));
  const before = await operator.metrics();
  operator.takePeakMb();
  const cpu = operator.cpuSeconds;
  const queue = watchQueue(operator);
  const start = performance.now();
  await createModels(rig, set, CREATORS);
  await operator.during(watch.settled(total, patienceMs(set))).catch((cause) => {
    throw new Error(`${title}: the operator's last words:\n${operator.output.slice(-3000)}`, { cause });
  });
  const seconds = (performance.now() - start) / 1000;
  const after = await operator.metrics();
  const cpuSeconds = operator.cpuSeconds - cpu;
  return {
    title,
    count: set.count,
    podsEach: set.replicas,
    namespaces: set.namespaces.length,
    seconds,
    plainSeconds: Number.NaN,
    concurrency: sumOf(after, 'controller_runtime_max_concurrent_reconciles'),
    writes: writesBetween(writesBefore, countWrites(await rig.apiMetrics([API_COUNTER]))),
    reconciles: sumOf(after, 'controller_runtime_reconcile_total') - sumOf(before, 'controller_runtime_reconcile_total'),
    requests: sumOf(after, 'rest_client_requests_total') - sumOf(before, 'rest_client_requests_total'),
    cpuSeconds,
    peakMb: operator.takePeakMb(),
    maxQueue: await queue.stop(),
  };
}

export function patienceMs({ count }: ModelSet): number {
  return 120_000 + count * 300;
}

function watchQueue(operator: OperatorUnderTest): { stop(): Promise<number> } {
  let most = 0;
  let isRunning = true;
  const run = async (): Promise<void> => {
    while (isRunning) {
      most = Math.max(most, sumOf(await operator.metrics().catch(() => new Map()), 'workqueue_depth'));
      await new Promise((resolve) => setTimeout(resolve, QUEUE_LOOKS_MS));
    }
  };
  const running = run();
  return {
    stop: async () => {
      isRunning = false;
      await running;
      return most;
    },
  };
}

/** The children of a run, on a cluster that is as fresh as that run's was. */
export async function measurePlain(name: string, families: readonly (readonly KubeJson[])[], set: ModelSet, concurrency: number): Promise<number> {
  const rig = await Rig.fresh(name);
  try {
    await rig.makeNamespaces(set.namespaces);
    return await applyPlainly(rig, families, { concurrency, patienceMs: patienceMs(set) });
  } finally {
    await rig.close();
  }
}
