/** Models by the hundred and thousand: making them, changing them, and who takes over. */

import { dumpChildren } from './children.js';
import { measureCreate, measurePlain, type Running } from './create.js';
import { measureFailover } from './failover.js';
import type { CreateFigures } from './figures.js';
import { measureLatency } from './latency.js';
import { keysOf, type ModelSet, ModelWatch, namespacesOf } from './models.js';
import { OperatorUnderTest } from './operator-under-test.js';
import { measureChanges, measureStart } from './rates.js';
import { Rig } from './rig.js';
import type { Part } from './run.js';
import { measureSteady } from './steady.js';

export const CLUSTER = 'control-loop';
export const PORT = 18080;
const SPREAD = 20;
const SHORT_STEADY_SECONDS = 30;

export async function measureModels(part: Part): Promise<void> {
  const { small } = part.pace;
  await measureSet(part, { count: small, replicas: 2, namespaces: namespacesOf(SPREAD) }, `${small} models × 2`);
}

/** The same with fewer, with all in one namespace, and with pods that resolve. */
export async function measureSpread(part: Part): Promise<void> {
  const { small } = part.pace;
  const spread = namespacesOf(SPREAD);
  await measureSet(part, { count: small / 5, replicas: 2, namespaces: spread }, `${small / 5} models × 2`);
  await measureSet(part, { count: small, replicas: 2, namespaces: namespacesOf(1) }, `${small} models × 2`);
  await measureSet(part, { count: small / 2, replicas: 2, namespaces: spread, unresolved: true }, `${small / 2} models × 2 with resolver pods`);
}

/** On a fresh cluster; then the same children plainly, on another. The set with the most in many namespaces is looked at in full. */
async function measureSet(part: Part, set: ModelSet, title: string): Promise<void> {
  const { results, pace, say, flags } = part;
  say(`${title} in ${set.namespaces.length} namespaces`);
  const rig = await Rig.fresh(CLUSTER, flags.operator);
  const watch = new ModelWatch(rig);
  let figures: CreateFigures;
  let families: Awaited<ReturnType<typeof dumpChildren>>;
  try {
    await rig.makeNamespaces(set.namespaces);
    const operator = await OperatorUnderTest.leading({ rig, name: 'first', port: PORT, nodeArgs: profileArgs(flags.profile) });
    const running = { rig, operator, watch };
    figures = await measureCreate(running, set, set.count, title);
    say(`all ready after ${figures.seconds.toFixed(1)} s`);
    families = await dumpChildren(rig);
    const isMain = set.count === pace.small && set.namespaces.length > 1;
    const last = isMain ? await measureLife(part, running, set) : operator;
    await last.stop();
  } finally {
    await watch.stop();
    await rig.close();
  }
  const plainSeconds = await measurePlain(CLUSTER, families, set, figures.concurrency);
  say(`plainly ${plainSeconds.toFixed(1)} s`);
  results.creates.push({ ...figures, plainSeconds });
}

/** Returns the operator that runs in the end. */
async function measureLife(part: Part, running: Running, set: ModelSet): Promise<OperatorUnderTest> {
  const { results, pace, say } = part;
  const { rig, watch } = running;
  const keys = keysOf(set);
  const pods = set.count * set.replicas;
  results.steadies.push(await measureSteady(running, { count: set.count, pods, seconds: SHORT_STEADY_SECONDS }));
  say(`steady: ${JSON.stringify(results.steadies.at(-1))}`);
  results.latencies.push(await measureLatency(running, { keys, replicas: set.replicas, flips: pace.flips }));
  say(`latency: ${JSON.stringify(results.latencies.at(-1))}`);
  const changes = await measureChanges(running, keys, 'changed');
  await running.operator.stop();
  const start = await measureStart({ rig, port: PORT + 10, count: set.count, pods });
  results.starts.push(start.figures);
  results.rates.push({ count: set.count, ...changes, withoutPerSecond: start.withoutPerSecond });
  say(`rates: ${JSON.stringify(results.rates.at(-1))}; start: ${JSON.stringify(start.figures)}`);
  const { figures, operator } = await measureFailover({ rig, watch, operator: start.operator }, keys, PORT + 20);
  results.failover = figures;
  say(`failover: ${JSON.stringify(figures)}`);
  return operator;
}

export function profileArgs(folder: string | undefined): string[] {
  return folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval=2000'];
}
