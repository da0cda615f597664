/** Pretended nodes on a cluster of their own: what operators and tests of scale build on. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ANNOTATIONS, LABELS } from '../contract/labels.js';
import { parseTermination } from '../contract/termination.js';
import { exec } from '../hack/exec.js';
import { randomName, TestCluster, waitUntil } from './e2e-cluster.js';

const DIGEST = `sha256:${'1'.repeat(64)}`;
const PATIENCE_MS = 30_000;

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await TestCluster.up(randomName(), { kwokNodes: 3, kwokGpus: 2, kwokOnly: true });
}, 600_000);
afterAll(() => cluster.down());

/** As the operator's Deployments make them. */
function podOf(name: string, component: 'serve' | 'resolve', { labels = {}, gpus = 0 } = {}): object {
  const container = { image: 'registry.invalid/runtime:1' };
  const limits = gpus === 0 ? {} : { limits: { 'nvidia.com/gpu': String(gpus) } };
  const main = component === 'serve' ? 'runtime' : 'resolve';
  const metadata = {
    name,
    labels: { [LABELS.model]: 'iris', [LABELS.component]: component, ...labels },
    annotations: { [ANNOTATIONS.digest]: DIGEST },
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: {
      ...(component === 'serve' ? { initContainers: [{ name: 'fetch', ...container }] } : { restartPolicy: 'Never' }),
      containers: [{ name: main, args: ['--digest', DIGEST], ...container, resources: limits }],
    },
  };
}

async function make(pod: object): Promise<void> {
  await cluster.kubectl.apply(JSON.stringify(pod));
}

function statusOf(name: string, path: string): Promise<string> {
  return cluster.jsonpath(['pod', name], `{.status.${path}}`);
}

async function seen(name: string, path: string, want: string): Promise<void> {
  await waitUntil(`${path} of ${name} to be ${want}`, PATIENCE_MS, async () => (await statusOf(name, path)) === want);
}

const READY = 'conditions[?(@.type=="Ready")].status';

describe('a pod that serves', () => {
  test('is Ready, its init container says what fetch says, and its address answers /statusz as its runtime would', async () => {
    await make(podOf('serves', 'serve'));
    await seen('serves', READY, 'True');
    expect(parseTermination(await statusOf('serves', 'initContainerStatuses[0].state.terminated.message'))).toMatchObject({
      code: 'OK',
      digest: DIGEST,
    });
    const [ip, other] = [await statusOf('serves', 'podIP'), '10.91.255.1'];
    const ask = (address: string): Promise<string> =>
      exec('nsenter', [
        `--net=${cluster.layout.netns}`,
        process.execPath,
        '-e',
        `fetch('http://${address}:8002/statusz').then(async (answer) => console.log(answer.status, await answer.text()))`,
      ]);
    expect(await ask(ip)).toMatch(new RegExp(`^200 .*"digest":"${DIGEST}".*"name":"iris"`));
    expect(await ask(other)).toMatch(/^404 no running pod has the address/);
  });

  test('fails as its label says, and serves again without it', async () => {
    await make(podOf('fails', 'serve'));
    await seen('fails', READY, 'True');
    await cluster.kubectl.run(['label', 'pod', 'fails', 'kwok.slipway.dev/fail=OOM']);
    await seen('fails', 'containerStatuses[0].lastState.terminated.reason', 'OOMKilled');
    await cluster.kubectl.run(['label', 'pod', 'fails', 'kwok.slipway.dev/fail-']);
    await seen('fails', READY, 'True');
  });

  test.each([
    ['CrashLoop', 'containerStatuses[0].state.waiting.reason', 'CrashLoopBackOff'],
    ['ImagePull', 'initContainerStatuses[0].state.waiting.reason', 'ImagePullBackOff'],
    ['Digest', 'initContainerStatuses[0].lastState.terminated.exitCode', '24'],
    ['Unready', READY, 'False'],
    ['Evicted', 'reason', 'Evicted'],
  ])('fails from the start as %s', async (how, path, want) => {
    const name = how.toLowerCase();
    await make(podOf(name, 'serve', { labels: { 'kwok.slipway.dev/fail': how } }));
    await seen(name, path, want);
  });
});

test('a pod that resolves ends, with the digest that it was given', async () => {
  await make(podOf('resolves', 'resolve'));
  await seen('resolves', 'phase', 'Succeeded');
  expect(parseTermination(await statusOf('resolves', 'containerStatuses[0].state.terminated.message'))).toMatchObject({
    stage: 'resolve',
    digest: DIGEST,
  });
});

test('the real scheduler counts the devices of pretended nodes', async () => {
  await make(podOf('too-large', 'serve', { gpus: 3 }));
  await waitUntil('the scheduler to refuse it', PATIENCE_MS, async () =>
    /Insufficient nvidia.com\/gpu/.test(await statusOf('too-large', 'conditions[0].message')),
  );
});

test('fewer nodes are fewer nodes', async () => {
  const again = await TestCluster.up(cluster.layout.name, { kwokNodes: 2 });
  expect((await again.kubectl.run(['get', 'nodes', '-o', 'name'])).trim().split('\n')).toEqual(['node/kwok-0000', 'node/kwok-0001']);
}, 120_000);
