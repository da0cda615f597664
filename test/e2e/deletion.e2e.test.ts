/** Deletion ends, whatever the pods do: of the ModelDeployment in seconds, of everything else as soon as nothing foreign holds it. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { processesIn } from '../../cluster/cgroups.js';
import { readSupervisor } from '../../cluster/supervisor.js';
import { isReady } from '../../hack/wait-model.js';
import { readyIs, SMALL, World } from './world.js';

const TIMEOUT_MS = 240_000;
/** What is promised, and what a pod that never answers may take: its grace of 45 s, and the kubelet's own time. */
const PROMISE_MS = 60_000;
const CASCADES = ['foreground', 'background'] as const;
const OF_OURS =
  'pods,replicasets.apps,deployments.apps,services,endpointslices.discovery.k8s.io,controllerrevisions.apps,poddisruptionbudgets.policy';
const HOLD = 'example.com/hold';

let world: World;
let uri: string;

beforeAll(async () => {
  world = await World.start('deletion');
  world.requireDisruption();
  ({ uri } = await world.push('upright', '1'));
}, TIMEOUT_MS);
afterAll(async () => {
  for (const pod of (await names('pods')).split(' ').filter(Boolean)) await release(pod);
  await world.stop();
});

describe.each(CASCADES)('deleted in the %s', (cascade) => {
  test(
    'with a runtime that hangs and ignores SIGTERM',
    async () => {
      const name = `hung-${cascade}`;
      const [pod] = await serve(name, { replicas: 1 });
      const runtime = findRuntime(await uidOf(pod));
      process.kill(runtime, 'SIGSTOP');
      expect(await remove(name, cascade)).toBeLessThan(PROMISE_MS);
      // it lives on: nothing of what follows is because it ended in good order
      expect(readFileSync(`/proc/${runtime}/stat`, 'utf8')).toMatch(/\) T /);
      await until(`everything of ${name} to be gone`, PROMISE_MS, async () => (await rest(name)).length === 0);
    },
    TIMEOUT_MS,
  );

  test(
    'with a pod that a foreign finalizer holds: what stays is terminating, and a new one of the name waits for it and says so',
    async () => {
      const name = `held-${cascade}`;
      const [pod = ''] = await serve(name, { replicas: 1 });
      await world.kubectl.run([
        '-n',
        world.namespace,
        'patch',
        `pod/${pod}`,
        '--type=merge',
        '-p',
        JSON.stringify({ metadata: { finalizers: [HOLD] } }),
      ]);
      expect(await remove(name, cascade)).toBeLessThan(PROMISE_MS);
      await until('all that stays to be terminating', PROMISE_MS, async () => (await rest(name)).every(({ deletedAt }) => deletedAt !== ''));
      expect((await rest(name)).map(({ kind }) => kind)).toContain('Pod');
      if (cascade === 'foreground') {
        await world.apply(name, { model: { uri }, ...SMALL });
        const view = await world.waitFor(name, readyIs('False', 'WaitingForDeletion'), TIMEOUT_MS);
        expect(view.conditions.get('Ready')?.message).toContain('Deployment/');
        await release(pod);
        await world.waitFor(name, isReady, TIMEOUT_MS);
        await remove(name, cascade);
      } else {
        await release(pod);
      }
      await until(`everything of ${name} to be gone`, PROMISE_MS, async () => (await rest(name)).length === 0);
    },
    TIMEOUT_MS,
  );

  test(
    'while the node does not answer: the pods stay until it does',
    async () => {
      const name = `lost-${cascade}`;
      await serve(name, { replicas: 2 });
      const kubelet = pidOf('kubelet');
      process.kill(kubelet, 'SIGSTOP');
      try {
        expect(await remove(name, cascade)).toBeLessThan(PROMISE_MS);
        await until('all that stays to be terminating', PROMISE_MS, async () => (await rest(name)).every(({ deletedAt }) => deletedAt !== ''));
        expect((await rest(name)).filter(({ kind }) => kind === 'Pod')).toHaveLength(2);
      } finally {
        process.kill(kubelet, 'SIGCONT');
      }
      await until(`everything of ${name} to be gone`, 2 * PROMISE_MS, async () => (await rest(name)).length === 0);
    },
    TIMEOUT_MS,
  );
});

/** Names of its pods, once it is Ready. */
async function serve(name: string, spec: object): Promise<string[]> {
  await world.apply(name, { model: { uri }, ...SMALL, ...spec });
  await world.waitFor(name, isReady, TIMEOUT_MS);
  const pods = await world.kubectl.run([
    ...['-n', world.namespace, 'get', 'pods', '-l', `slipway.dev/model=${name},slipway.dev/component=serve`],
    ...['-o', 'jsonpath={.items[*].metadata.name}'],
  ]);
  return pods.split(' ').filter(Boolean);
}

/** How long it took until the ModelDeployment was gone. */
async function remove(name: string, cascade: (typeof CASCADES)[number]): Promise<number> {
  const start = performance.now();
  await world.kubectl.run(['-n', world.namespace, 'delete', 'modeldeployments.slipway.dev', name, `--cascade=${cascade}`, '--timeout=90s']);
  return performance.now() - start;
}

interface Rest {
  readonly kind: string;
  readonly name: string;
  readonly deletedAt: string;
}

async function rest(model: string): Promise<Rest[]> {
  const path = '{range .items[*]}{.kind}|{.metadata.name}|{.metadata.deletionTimestamp}{"\\n"}{end}';
  const text = await world.kubectl.run(['-n', world.namespace, 'get', OF_OURS, '-l', `slipway.dev/model=${model}`, '-o', `jsonpath=${path}`]);
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('|'))
    .map(([kind = '', name = '', deletedAt = '']) => ({ kind, name, deletedAt }));
}

async function release(pod: string): Promise<void> {
  await world.kubectl.runAny(['-n', world.namespace, 'patch', `pod/${pod}`, '--type=merge', '-p', '{"metadata":{"finalizers":null}}']);
}

function names(kinds: string): Promise<string> {
  return world.kubectl.run(['-n', world.namespace, 'get', kinds, '-o', 'jsonpath={.items[*].metadata.name}']);
}

function uidOf(pod = ''): Promise<string> {
  return world.kubectl.run(['-n', world.namespace, 'get', `pod/${pod}`, '-o', 'jsonpath={.metadata.uid}']);
}

/** The process of the pod that serves: the first of its runtime container. */
function findRuntime(uid: string): number {
  if (uid === '') throw new Error('The pod is gone');
  const found = processesIn(local()).find((pid) => {
    const [command, group] = [readProc(pid, 'cmdline').split('\0'), readProc(pid, 'cgroup')];
    return group.includes(uid) && command.includes('serve');
  });
  if (found === undefined) throw new Error(`No process of pod ${uid} serves`);
  return found;
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return ''; // it has ended since
  }
}

function pidOf(component: string): number {
  const pid = readSupervisor(local())?.components.find(({ name }) => name === component)?.pid;
  if (pid === undefined) throw new Error(`${component} does not run`);
  return pid;
}

function local() {
  if (world.cluster.local === undefined) throw new Error('Hanging processes need the local cluster: they run on this machine');
  return world.cluster.local;
}

async function until(what: string, timeoutMs: number, isTrue: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + timeoutMs; !(await isTrue()); await sleep(250)) {
    if (Date.now() > end) throw new Error(`Waited ${timeoutMs / 1000} s in vain for ${what}`);
  }
}
