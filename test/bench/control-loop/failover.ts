/** Two replicas; the one that leads goes, killed or asked. A change is made at once: when does its status show that somebody acts? */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Running } from './create.js';
import type { FailoverFigures } from './figures.js';
import { changeTag, type ModelKey } from './models.js';
import { OperatorUnderTest } from './operator-under-test.js';

const PATIENCE_MS = 60_000;
/** The one that waits has its caches full. */
const WARM_MS = 5000;

/** Ends with one operator that leads, and returns it. `port` and the nine after it are free. */
export async function measureFailover(
  { rig, operator, watch }: Running,
  keys: readonly ModelKey[],
  port: number,
): Promise<{ figures: FailoverFigures; operator: OperatorUnderTest }> {
  const [first, second] = keys;
  if (first === undefined || second === undefined) throw new Error('Failover needs two models');
  const follower = new OperatorUnderTest({ rig, name: 'second', port });
  await sleep(WARM_MS);
  const killed = performance.now();
  await operator.stop('SIGKILL');
  const killedSeconds = ((await actsOn(first, 'killed')) - killed) / 1000;
  const third = new OperatorUnderTest({ rig, name: 'third', port: port + 5 });
  await sleep(WARM_MS);
  const asked = performance.now();
  const exitSeconds = await follower.stop('SIGTERM'); // a change before its end could still be its own work
  const followedAt = await actsOn(second, 'asked');
  return { figures: { killedSeconds, exitSeconds, followedSeconds: (followedAt - asked) / 1000 }, operator: third };

  async function actsOn(key: ModelKey, tag: string): Promise<number> {
    const { metadata } = await changeTag(rig, key, tag);
    const generation = metadata.generation ?? 0;
    return watch.sees(key, PATIENCE_MS, (seen) => seen.observedGeneration >= generation);
  }
}
