/** Thousands of models that are there, and more that come; and the soak. */
import { measureCreate } from './create.js';
import { keysOf, ModelWatch, namespacesOf } from './models.js';
import { OperatorUnderTest } from './operator-under-test.js';
import { CLUSTER, PORT, profileArgs } from './part-models.js';
import { measureStart } from './rates.js';
import { Rig } from './rig.js';
import type { Part } from './run.js';
import { runSoak } from './soak.js';
import { measureSteady } from './steady.js';

const SPREAD = 20;
/** More than some 7,500 models want more than the chart's limit of 512Mi (docs/benchmarks.md). */
const HEAP_OF_1GI = ['--max-old-space-size=512'];

/** 5,000 with two pods each are held; then as many again that serve nothing, so that the cluster is not what is measured. */
export async function measureLarge({ results, pace, say, flags }: Part): Promise<void> {
  const { large, most, steadySeconds } = pace;
  const namespaces = namespacesOf(SPREAD);
  say(`${large} models × 2 in ${SPREAD} namespaces`);
  const rig = await Rig.fresh(CLUSTER, flags.operator);
  const watch = new ModelWatch(rig);
  try {
    await rig.makeNamespaces(namespaces);
    const operator = await OperatorUnderTest.leading({ rig, name: 'first', port: PORT, nodeArgs: profileArgs(flags.profile) });
    results.creates.push(await measureCreate({ rig, operator, watch }, { count: large, replicas: 2, namespaces }, large, `${large} models × 2`));
    say(`all ready after ${results.creates.at(-1)?.seconds.toFixed(0)} s`);
    await operator.stop();
    const start = await measureStart({ rig, port: PORT + 10, count: large, pods: 2 * large, nodeArgs: profileArgs(flags.profile) });
    results.starts.push(start.figures);
    say(`start: ${JSON.stringify(start.figures)}, ${start.withoutPerSecond.toFixed(0)} passes/s`);
    results.steadies.push(await measureSteady({ rig, watch, operator: start.operator }, { count: large, pods: 2 * large, seconds: steadySeconds }));
    say(`steady: ${JSON.stringify(results.steadies.at(-1))}`);
    await start.operator.stop();
    const running = { rig, watch, operator: await OperatorUnderTest.leading({ rig, name: 'large', port: PORT + 20, nodeArgs: HEAP_OF_1GI }) };
    const more = { count: most - large, replicas: 0, namespaces, from: large };
    results.creates.push(await measureCreate(running, more, most, `${more.count} more without pods, of ${most}`));
    results.steadies.push(await measureSteady(running, { count: most, pods: 2 * large, seconds: 30 }));
    say(`steady: ${JSON.stringify(results.steadies.at(-1))}`);
    await running.operator.stop();
  } finally {
    await watch.stop();
    await rig.close();
  }
}

const CHANGES_PER_SECOND = 10;

export async function measureSoak({ results, pace, say, flags }: Part): Promise<void> {
  const namespaces = namespacesOf(SPREAD);
  say(`soak of ${flags.soakMinutes} min with ${pace.small} models`);
  const rig = await Rig.fresh(CLUSTER, flags.operator);
  const watch = new ModelWatch(rig);
  try {
    await rig.makeNamespaces(namespaces);
    const inspectorPort = PORT + 2;
    const nodeArgs = [`--inspect=0.0.0.0:${inspectorPort}`];
    const operator = await OperatorUnderTest.leading({ rig, name: 'first', port: PORT, nodeArgs });
    const set = { count: pace.small, replicas: 2, namespaces };
    await measureCreate({ rig, operator, watch }, set, set.count, 'soak');
    const options = { keys: keysOf(set), minutes: flags.soakMinutes, changesPerSecond: CHANGES_PER_SECOND, inspectorPort, say };
    results.soak = await runSoak({ rig, operator, watch }, options);
    say(JSON.stringify(results.soak));
    await operator.stop();
  } finally {
    await watch.stop();
    await rig.close();
  }
}
