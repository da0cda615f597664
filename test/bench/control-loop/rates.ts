/** How many passes a second: with a change of the spec in each, and with nothing to do. */
import { setTimeout as sleep } from 'node:timers/promises';
import { API_COUNTER, countWrites, totalOf, writesBetween } from './api-writes.js';
import type { Running } from './create.js';
import type { StartFigures } from './figures.js';
import { changeTag, inParallel, type ModelKey } from './models.js';
import { OperatorUnderTest } from './operator-under-test.js';
import { type Metrics, sumOf } from './prometheus.js';
import type { Rig } from './rig.js';

const CHANGERS = 32;
const PATIENCE_MS = 300_000;
const LOOK_MS = 25;
const SETTLE_MS = 10_000;

/** Every model gets another tag of the same bytes: one object and one status are written for each, and no pod moves. */
export async function measureChanges({ rig, watch }: Running, keys: readonly ModelKey[], tag: string) {
  const before = countWrites(await rig.apiMetrics([API_COUNTER]));
  const start = performance.now();
  const generations = new Map<string, number>();
  await inParallel(keys, CHANGERS, async (key) => {
    const { metadata } = await changeTag(rig, key, tag);
    generations.set(`${key.namespace}/${key.name}`, metadata.generation ?? 0);
  });
  const isDone = (): boolean => [...generations].every(([id, generation]) => (watch.seen.get(id)?.observedGeneration ?? 0) >= generation);
  await watch.until(PATIENCE_MS, isDone);
  const seconds = (performance.now() - start) / 1000;
  const writes = totalOf(writesBetween(before, countWrites(await rig.apiMetrics([API_COUNTER]))));
  return { withChangePerSecond: keys.length / seconds, writesPerChange: writes / keys.length };
}

export interface StartOptions {
  readonly rig: Rig;
  readonly port: number;
  readonly count: number;
  readonly pods: number;
  readonly nodeArgs?: readonly string[];
}

/** Nobody leads, all is made: a process starts, reads everything and passes over every model. Returns it, running. */
export async function measureStart(options: StartOptions): Promise<{ figures: StartFigures; withoutPerSecond: number; operator: OperatorUnderTest }> {
  const { rig, port, count, pods, nodeArgs = [] } = options;
  const before = countWrites(await rig.apiMetrics([API_COUNTER]));
  const operator = new OperatorUnderTest({ rig, name: 'starts', port, nodeArgs });
  const passes = await watchPasses(operator, count);
  const peakMb = operator.takePeakMb();
  await sleep(SETTLE_MS);
  const writes = totalOf(writesBetween(before, countWrites(await rig.apiMetrics([API_COUNTER]))));
  const figures = { count, pods, seconds: passes.seconds, peakMb, settledMb: operator.rssMb, writes };
  return { figures, withoutPerSecond: passes.perSecond, operator };
}

/** Until each model had its pass and nothing waits. The rate is at least that: from the last look that found no pass yet. */
async function watchPasses(operator: OperatorUnderTest, count: number): Promise<{ seconds: number; perSecond: number }> {
  let lastIdle = operator.startedAt;
  for (const until = performance.now() + PATIENCE_MS; performance.now() < until; await sleep(LOOK_MS)) {
    operator.assertRuns();
    const metrics: Metrics = await operator.metrics().catch(() => new Map());
    const passes = sumOf(metrics, 'controller_runtime_reconcile_total');
    const at = performance.now();
    if (passes === 0) lastIdle = at;
    if (passes < count || sumOf(metrics, 'workqueue_depth') > 0) continue;
    return { seconds: (at - operator.startedAt) / 1000, perSecond: passes / ((at - lastIdle) / 1000) };
  }
  throw new Error(`After ${PATIENCE_MS / 1000} s the operator has not passed over ${count} models:\n${operator.output.slice(-2000)}`);
}
