/** What goes wrong on a machine: components and the supervisor die, and the cluster says so and gets well again. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { processesIn } from './cgroups.js';
import { clusterCommand, randomName, TestCluster, waitUntil } from './e2e-cluster.js';
import { readSupervisor } from './supervisor.js';

const name = randomName();
let cluster: TestCluster;

beforeAll(async () => {
  cluster = await TestCluster.up(name, { gpus: 2 });
  await cluster.startPod('witness', []);
  await cluster.podPhase('witness', ['Running']);
});

afterAll(() => cluster?.down());

describe('a component that dies', () => {
  test.each(['kube-scheduler', 'containerd', 'etcd', 'kube-apiserver', 'kubelet'])('%s: status names it, up heals it', async (component) => {
    const before = cluster.pids();
    await cluster.kill(component);
    const status = await clusterCommand(['status', '--name', name]);
    expect(status.code).toBe(1);
    expect(status.stdout).toContain(`${component} has ended (signal: killed); its last words in ${cluster.layout.logDir}/${component}.log:\n    `);
    expect(status.stdout).toContain(`npm run cluster:up -- --name ${name} starts again what has ended`);

    await TestCluster.up(name);
    expect(cluster.component(component)).toMatchObject({ phase: 'running', starts: 2 });
    expect({ ...cluster.pids(), [component]: 0 }).toEqual({ ...before, [component]: 0 });
    expect((await clusterCommand(['status', '--name', name])).code).toBe(0);
  });

  test('several at once are all named and all healed', async () => {
    const components = ['kube-proxy', 'coredns', 'kube-controller-manager', 'registry', 'gpu-plugin', 'reaper'];
    for (const component of components) await cluster.kill(component);
    const status = await clusterCommand(['status', '--name', name]);
    for (const component of components) expect(status.stdout).toContain(`${component} has ended (signal: killed)`);
    await TestCluster.up(name);
    expect((await clusterCommand(['status', '--name', name])).code).toBe(0);
  });

  test('the cluster is whole afterwards', async () => {
    expect(await cluster.jsonpath(['pod', 'witness'], '{.status.phase} {.status.containerStatuses[0].restartCount}')).toBe('Running 0');
    expect(await cluster.jsonpath(['node', cluster.layout.id], '{.status.allocatable.nvidia\\.com/gpu}')).toBe('2');
    expect(await cluster.runPod('after', ['lookup', 'kubernetes.default'])).toBe('[10.96.0.1]');
  });
});

test('a component that hangs: status says what is missing', async () => {
  const { pid } = cluster.component('kube-apiserver');
  if (pid === undefined) throw new Error('The API server does not run');
  process.kill(pid, 'SIGSTOP');
  try {
    const status = await clusterCommand(['status', '--name', name]);
    expect(status.stdout).toContain('is not ready: still waiting for the API server');
    expect(status.code).toBe(1);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
});

test('the supervisor dies: everything dies with it, and up brings back what was there', async () => {
  await cluster.kubectl.run(['create', 'configmap', 'kept', '--from-literal=key=value']);
  const image = await cluster.push('test/kept:1');
  const pid = readSupervisor(cluster.layout)?.pid;
  if (pid === undefined) throw new Error('No supervisor runs');
  process.kill(pid, 'SIGKILL');
  await waitUntil('every process of the cluster to end, pods included', 15_000, () => processesIn(cluster.layout).length === 0);
  const status = await clusterCommand(['status', '--name', name]);
  expect([status.code, status.stdout]).toEqual([
    1,
    expect.stringContaining(`is not running; start it again with npm run cluster:up -- --name ${name}`),
  ]);

  await TestCluster.up(name);
  expect(await cluster.jsonpath(['configmap', 'kept'], '{.data.key}')).toBe('value');
  expect(await cluster.runPod('from-kept', ['env', 'HOME'], { image })).toBe('/');
});
