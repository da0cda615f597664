/** From nothing to a cluster and back to nothing, also when commands are killed, files are removed, or others are in the way. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { exec, execAny } from '../hack/exec.js';
import { removeCgroups } from './cgroups.js';
import { downCluster } from './down.js';
import { clusterCommand, randomName, TestCluster } from './e2e-cluster.js';
import { hostState, NO_TRACES, tracesOf } from './e2e-traces.js';
import type { Layout } from './layout.js';
import { removeNetwork } from './network.js';
import { findLayout, stateDirOf } from './record.js';

const SILENT = (): void => undefined;
const names: string[] = [];

/** Whatever a failing test leaves behind goes away. */
afterAll(async () => {
  for (const name of names) await downCluster(name, SILENT);
});

function newName(): string {
  const name = randomName();
  names.push(name);
  return name;
}

describe('a cluster that comes and goes', () => {
  const name = newName();
  let cluster: TestCluster;
  let host: Awaited<ReturnType<typeof hostState>>;

  beforeAll(async () => {
    host = await hostState(stateDirOf(name));
    cluster = await TestCluster.up(name);
    await cluster.startPod('witness', []);
    await cluster.podPhase('witness', ['Running']);
  });

  test('has the traces that the later tests look for, and leaves the machine itself alone', async () => {
    const traces = await tracesOf(cluster.layout);
    const empty = Object.entries(traces).flatMap(([kind, found]) => (found.length === 0 ? [kind] : []));
    expect(empty).toEqual(['sockets']); // these are in its own network namespace, which the machine's list does not show
    expect(await hostState(stateDirOf(name))).toEqual(host);
  });

  test('up again changes nothing and is quick', async () => {
    const before = cluster.pids();
    const started = performance.now();
    await TestCluster.up(name);
    expect(cluster.pids()).toEqual(before);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  test('down leaves nothing, and a second down says so', async () => {
    const down = await clusterCommand(['down', '--name', name]);
    expect([down.code, down.stdout]).toEqual([0, `Cluster "${name}" is gone\n`]);
    expect(await tracesOf(cluster.layout)).toEqual(NO_TRACES);
    expect(await hostState(stateDirOf(name))).toEqual(host);
    const again = await clusterCommand(['down', '--name', name]);
    expect([again.code, again.stdout]).toEqual([0, `There is no cluster "${name}"\n`]);
  });

  test('the second up takes less than 20 s', async () => {
    const started = performance.now();
    cluster = await TestCluster.up(name);
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(await cluster.kubectl.run(['get', 'pods', '-A', '-o', 'name'])).toBe('');
  });
});

describe('two clusters side by side', () => {
  const [here, there] = [newName(), newName()];
  const otherCopy = mkdtempSync(join(realpathSync(tmpdir()), 'slipway-copy-'));

  beforeAll(() => {
    mkdirSync(join(otherCopy, '.slipway'));
    symlinkSync(resolve('.slipway', 'bin'), join(otherCopy, '.slipway', 'bin'));
    symlinkSync(resolve('cluster'), join(otherCopy, 'cluster'));
  });

  afterAll(async () => {
    await clusterCommand(['down', '--name', here], { cwd: otherCopy });
    rmSync(otherCopy, { recursive: true });
  });

  test('do not see each other, also when they have one name in two working copies', async () => {
    const [first, up] = await Promise.all([TestCluster.up(here), clusterCommand(['up', '--name', here], { cwd: otherCopy })]);
    expect([up.code, up.stderr]).toEqual([0, '']);
    const otherKubeconfig = join(otherCopy, '.slipway', 'clusters', here, 'kubeconfig');
    const other = (args: readonly string[]): Promise<string> => exec(first.binaries.kubectl, ['--kubeconfig', otherKubeconfig, ...args]);

    await first.kubectl.run(['create', 'configmap', 'mine']);
    expect(await other(['get', 'configmaps', '--ignore-not-found', 'mine'])).toBe('');
    const mixed = await execAny(first.binaries.kubectl, ['--kubeconfig', otherKubeconfig, '--server', serverOf(first.layout), 'get', 'nodes']);
    expect(mixed.stderr).toContain('certificate signed by unknown authority');

    const down = await clusterCommand(['down', '--name', here], { cwd: otherCopy });
    expect([down.code, down.stdout]).toEqual([0, `Cluster "${here}" is gone\n`]);
    expect((await clusterCommand(['status', '--name', here])).code).toBe(0);
    expect((await clusterCommand(['status', '--name', there])).stderr).toContain(
      `There is no cluster "${there}": make it with npm run cluster:up -- --name ${there}`,
    );
    await first.down();
  });
});

describe('an up that is killed', () => {
  /** Of a new cluster: from the first step to shortly before it is ready. */
  test.each([150, 300, 450, 700, 1500, 3000])('after %d ms: down leaves nothing', async (afterMs) => {
    const name = newName();
    await killedUp(name, afterMs);
    const layout = findLayout(name);
    expect((await clusterCommand(['down', '--name', name])).code).toBe(0);
    if (layout !== undefined) expect(await tracesOf(layout)).toEqual(NO_TRACES);
  });

  test('again and again, at different points: the next up succeeds', async () => {
    const name = newName();
    for (const afterMs of [200, 350, 500, 1000, 2000]) await killedUp(name, afterMs);
    const cluster = await TestCluster.up(name);
    expect((await clusterCommand(['status', '--name', name])).code).toBe(0);
    await cluster.down();
    expect(await tracesOf(cluster.layout)).toEqual(NO_TRACES);
  });
});

describe('a cluster whose ground is taken away', () => {
  const name = newName();
  let cluster: TestCluster;
  const isWell = async (): Promise<void> => expect(await clusterCommand(['status', '--name', name])).toMatchObject({ code: 0 });

  beforeAll(async () => {
    cluster = await TestCluster.up(name, { gpus: 1 });
    await cluster.kubectl.run(['create', 'configmap', 'kept']);
  });

  test('the machine was restarted, and somebody else has its slot: it moves, with all that was in it', async () => {
    const before = cluster.layout;
    await removeCgroups(before);
    await removeNetwork(before);
    await exec('ip', ['link', 'add', before.link, 'type', 'veth', 'peer', 'name', before.peerLink]);
    await exec('ip', ['link', 'set', before.link, 'alias', tmpdir()]);
    try {
      cluster = await TestCluster.up(name);
      expect(cluster.layout.slot).not.toBe(before.slot);
      await isWell();
      expect(await cluster.jsonpath(['configmap', 'kept'], '{.metadata.name}')).toBe('kept');
      expect(await cluster.jsonpath(['node', cluster.layout.id], '{.status.allocatable.nvidia\\.com/gpu}')).toBe('1');
    } finally {
      await exec('ip', ['link', 'delete', before.link]);
    }
  });

  test.each<[string, (layout: Layout) => Promise<unknown>]>([
    ['link', ({ link }) => exec('ip', ['link', 'delete', link])],
    ['namespace', ({ link }) => exec('ip', ['netns', 'delete', link])],
    ['state folder', async (layout) => removeStateDir(layout)],
  ])('its %s was removed by hand: up mends it', async (_, remove) => {
    await remove(cluster.layout);
    cluster = await TestCluster.up(name);
    await isWell();
  });

  test('its state folder was removed by hand: down leaves nothing', async () => {
    removeStateDir(cluster.layout);
    expect((await clusterCommand(['down', '--name', name])).stdout).toBe(`Cluster "${name}" is gone\n`);
    expect(await tracesOf(cluster.layout)).toEqual(NO_TRACES);
  });
});

/** Kills `cluster:up` itself; what it has started goes on, as after any kill -9. */
async function killedUp(name: string, afterMs: number): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.js'), 'up', '--name', name], { stdio: 'ignore' });
  const ended = new Promise((done) => child.once('exit', done));
  await sleep(afterMs);
  child.kill('SIGKILL');
  await ended;
}

/** As `rm -rf` by hand; components are writing into it meanwhile. */
function removeStateDir(layout: Layout): void {
  rmSync(layout.stateDir, { recursive: true, force: true, maxRetries: 10 });
}

function serverOf(layout: Layout): string {
  return `https://${layout.nodeAddress}:6443`;
}
