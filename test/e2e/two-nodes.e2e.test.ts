/** A model on two nodes, one of which is lost and comes back. On a cluster of its own: the others' tests speak of one node. */
import process from 'node:process';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { downCluster } from '../../cluster/down.js';
import { randomName, TestCluster } from '../../cluster/e2e-cluster.js';
import { secondNodeOf } from '../../cluster/layout.js';
import { readSupervisor } from '../../cluster/supervisor.js';
import { isReady } from '../../hack/wait-model.js';
import { readyIs, SMALL, World } from './world.js';

const TIMEOUT_MS = 400_000;
/** The node controller believes in a silent node for 50 s. */
const LOST_MS = 120_000;
const name = randomName();
const before = process.env['SLIPWAY_TEST_CLUSTER'];
let cluster: TestCluster;
let world: World;

beforeAll(async () => {
  cluster = await TestCluster.up(name, { nodes: 2 });
  process.env['SLIPWAY_TEST_CLUSTER'] = name;
  // the operator is to live through what the second node does not
  await cluster.kubectl.run(['cordon', second().id]);
  world = await World.start('two-nodes');
}, 900_000);
afterAll(async () => {
  if (before === undefined) delete process.env['SLIPWAY_TEST_CLUSTER'];
  else process.env['SLIPWAY_TEST_CLUSTER'] = before;
  await downCluster(name, () => undefined);
});

function second() {
  return secondNodeOf(cluster.layout);
}

async function pods(): Promise<string> {
  const path = '{range .items[*]}{.spec.nodeName} {.metadata.uid}{"\\n"}{end}';
  const selector = 'slipway.dev/model=reader,slipway.dev/component=serve';
  return (await world.kubectl.run(['-n', world.namespace, 'get', 'pods', '-l', selector, '-o', `jsonpath=${path}`]))
    .split('\n')
    .sort()
    .join('\n')
    .trim();
}

test(
  'the node that is lost is named while the other one serves on, and all is well when it is back',
  async () => {
    const { uri } = await world.push('upright', '1');
    await world.apply('reader', { model: { uri }, ...SMALL });
    await world.waitFor('reader', isReady, TIMEOUT_MS);
    await cluster.kubectl.run(['uncordon', second().id]);
    await cluster.kubectl.run(['cordon', cluster.layout.id]);
    await world.patch('reader', { replicas: 2 });
    await world.waitFor('reader', (view) => isReady(view) && view.replicas === '2/2', TIMEOUT_MS);
    await cluster.kubectl.run(['uncordon', cluster.layout.id]);
    const spread = await pods();
    expect(spread.split('\n').map((line) => line.split(' ')[0])).toEqual([cluster.layout.id, second().id]);

    const kubelet = readSupervisor(second())?.components.find((component) => component.name === 'kubelet')?.pid;
    if (kubelet === undefined) throw new Error('The second kubelet does not run');
    process.kill(kubelet, 'SIGKILL');
    const lost = await world.waitFor('reader', readyIs('False', 'NodeLost'), LOST_MS);
    expect(lost.conditions.get('Ready')?.message).toContain(`on node ${second().id}`);
    expect(lost.conditions.get('Available')).toMatchObject({ status: 'True' });
    expect(lost.conditions.get('Stalled')).toBeUndefined();
    expect(lost.replicas).toBe('1/2');

    await TestCluster.up(name);
    await world.waitFor('reader', (view) => isReady(view) && view.replicas === '2/2', LOST_MS);
    expect(await pods()).toBe(spread); // the same pods: nobody gave them up
  },
  TIMEOUT_MS,
);
