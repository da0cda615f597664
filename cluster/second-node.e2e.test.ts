/** A cluster of two nodes: pods on either, between them, and what becomes of it when the second one's parts end. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { exec } from '../hack/exec.js';
import { downCluster } from './down.js';
import { clusterCommand, randomName, TestCluster, waitUntil } from './e2e-cluster.js';
import { hostState, NO_TRACES, tracesOf } from './e2e-traces.js';
import { type Layout, secondNodeOf } from './layout.js';
import { stateDirOf } from './record.js';
import { readSupervisor } from './supervisor.js';

const name = randomName();
let cluster: TestCluster;
let second: Layout;
let host: Awaited<ReturnType<typeof hostState>>;

beforeAll(async () => {
  host = await hostState(stateDirOf(name));
  cluster = await TestCluster.up(name, { nodes: 2, gpus: 2 });
  second = secondNodeOf(cluster.layout);
});
afterAll(() => downCluster(name, () => undefined));

function pidOf(component: string): number {
  const pid = readSupervisor(second)?.components.find((one) => one.name === component)?.pid;
  if (pid === undefined) throw new Error(`${component} of the second node does not run`);
  return pid;
}

describe('two nodes', () => {
  test('are both there; GPUs are on the first', async () => {
    const nodes = await cluster.jsonpath(['nodes'], '{range .items[*]}{.metadata.name}={.status.allocatable.nvidia\\.com/gpu} {end}');
    expect(nodes.split(' ').sort()).toEqual([`${second.id}=`, `${cluster.layout.id}=2`].sort());
    const status = await clusterCommand(['status', '--name', name]);
    expect([status.code, status.stdout]).toEqual([0, expect.stringMatching(/node-2\/kubelet +running[\s\S]*with two nodes/)]);
  });

  test('give their pods addresses of their own ranges, and these reach each other, names and Services', async () => {
    const nodes = { one: cluster.layout.id, two: second.id };
    for (const [key, node] of Object.entries(nodes)) {
      await cluster.startPod(`server-${key}`, ['serve', ':8080'], { labels: { app: key, every: 'one' }, node });
      await cluster.kubectl.run(['expose', 'pod', `server-${key}`, `--name=${key}`, '--selector', `app=${key}`, '--port=80', '--target-port=8080']);
    }
    for (const key of Object.keys(nodes)) await cluster.podPhase(`server-${key}`, ['Running']);
    const address = (key: string) => cluster.jsonpath(['pod', `server-${key}`], '{.status.podIP}');
    const [one, two] = [await address('one'), await address('two')];
    expect([Number(one.split('.')[2]) < 128, Number(two.split('.')[2]) >= 128]).toEqual([true, true]);
    for (const [from, node] of Object.entries(nodes)) {
      for (const target of [`${one}:8080`, `${two}:8080`, 'one:80', 'two:80', 'kubernetes:443']) {
        const pod = `dial-${from}-${target.replaceAll(/[.:]/g, '-')}`;
        expect(await cluster.runPod(pod, ['dial', target], { node })).toBe(`connected to ${target}`);
      }
    }
  });

  test('keep the source of packets between pods: an address of the other node’s range is seen', async () => {
    const two = await cluster.jsonpath(['pod', 'server-two'], '{.status.podIP}');
    await cluster.runPod('dial-source', ['dial', `${two}:8080`], { node: cluster.layout.id });
    const source = await cluster.jsonpath(['pod', 'dial-source'], '{.status.podIP}');
    // what the second node's connection tracking has seen, before and after translation
    const seen = await exec('nsenter', [`--net=${second.netns}`, 'conntrack', '-L', '-d', two]);
    expect(seen.split('\n').filter((line) => line.includes(`src=${source} dst=${two}`))).not.toEqual([]);
  });

  test('the second pulls from the registry, and its pods answer to logs and exec', async () => {
    const image = await cluster.push('test/second:1');
    expect(await cluster.runPod('pulled', ['env', 'HOME'], { image, node: second.id })).toBe('/');
    expect(await cluster.kubectl.run(['exec', 'server-two', '--', '/pause', 'dial', '127.0.0.1:8080'])).toContain('connected');
    const logs = await clusterCommand(['logs', 'node-2/kubelet', '--name', name]);
    expect(logs.stdout).toContain(second.id);
  });
});

describe('the second node', () => {
  test('whose kubelet is killed is named, and up heals it', async () => {
    const before = cluster.pids();
    process.kill(pidOf('kubelet'), 'SIGKILL');
    const exited = () => readSupervisor(second)?.components.some(({ name: one, phase }) => one === 'kubelet' && phase === 'exited') === true;
    await waitUntil('the supervisor to see it', 5000, exited);
    const status = await clusterCommand(['status', '--name', name]);
    expect([status.code, status.stdout]).toEqual([1, expect.stringContaining('node-2/kubelet has ended (signal: killed)')]);
    await TestCluster.up(name);
    expect(cluster.pids()).toEqual(before);
    expect((await clusterCommand(['status', '--name', name])).code).toBe(0);
  });

  test('whose supervisor is killed is named, its pods end, the first node goes on, and up brings it back', async () => {
    const before = cluster.pids();
    const pid = readSupervisor(second)?.pid;
    if (pid === undefined) throw new Error('No supervisor of the second node runs');
    process.kill(pid, 'SIGKILL');
    await waitUntil('its end', 15_000, () => readSupervisor(second) === undefined);
    const status = await clusterCommand(['status', '--name', name]);
    expect([status.code, status.stdout]).toEqual([1, expect.stringContaining(`Node ${second.id} is not running`)]);
    await TestCluster.up(name);
    expect(cluster.pids()).toEqual(before);
    expect(await cluster.runPod('after', ['dial', 'one:80'], { node: second.id })).toBe('connected to one:80');
  });

  test('comes back with the first, when that is started anew', async () => {
    const pid = readSupervisor(cluster.layout)?.pid;
    if (pid === undefined) throw new Error('No supervisor runs');
    process.kill(pid, 'SIGKILL');
    await waitUntil('the end of both', 20_000, () => readSupervisor(cluster.layout) === undefined && readSupervisor(second) === undefined);
    cluster = await TestCluster.up(name);
    expect(await cluster.runPod('again', ['lookup', 'kubernetes.default'], { node: second.id })).toBe('[10.96.0.1]');
  });

  test('goes alone with --nodes 1, and its Node with it', async () => {
    await TestCluster.up(name, { nodes: 1 });
    expect(await cluster.jsonpath(['nodes'], '{.items[*].metadata.name}')).toBe(cluster.layout.id);
    expect([existsSync(second.netns), existsSync(second.stateDir)]).toEqual([false, false]);
    await TestCluster.up(name, { nodes: 2 });
    expect((await cluster.jsonpath(['nodes'], '{.items[*].metadata.name}')).split(' ')).toHaveLength(2);
  });

  test('and nothing of either is left after down', async () => {
    expect((await clusterCommand(['down', '--name', name])).code).toBe(0);
    expect(await tracesOf(cluster.layout)).toEqual(NO_TRACES);
    expect(await tracesOf(second)).toEqual(NO_TRACES);
    expect(await hostState(stateDirOf(name))).toEqual(host);
  });
});

test('a number of nodes that cannot be is refused', async () => {
  const refused = await clusterCommand(['up', '--name', name, '--nodes', '3']);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('--nodes "3" is none of 1 and 2')]);
});
