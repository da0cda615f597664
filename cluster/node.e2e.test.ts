/** What a node has to do for pods: GPUs, names, Services, logs, exec, port-forward, images from the registry. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { withPortForward } from '../hack/port-forward.js';
import { randomName, TestCluster, waitUntil } from './e2e-cluster.js';
import { setGpuHealth } from './gpus.js';
import { REGISTRY_NAME, REGISTRY_PORT } from './layout.js';

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await TestCluster.up(randomName(), { gpus: 4, gpuProduct: 'NVIDIA-A10' });
});

afterAll(() => cluster?.down());

describe('GPUs', () => {
  const gpus = (kind: 'capacity' | 'allocatable'): Promise<string> =>
    cluster.jsonpath(['node', cluster.layout.id], `{.status.${kind}.nvidia\\.com/gpu}`);

  test('the node has what --gpus and --gpu-product say', async () => {
    expect([await gpus('capacity'), await gpus('allocatable')]).toEqual(['4', '4']);
    expect(await cluster.jsonpath(['node', cluster.layout.id], '{.metadata.labels.nvidia\\.com/gpu\\.product}')).toBe('NVIDIA-A10');
    expect(await cluster.jsonpath(['node', cluster.layout.id], '{.metadata.labels.nvidia\\.com/gpu\\.count}')).toBe('4');
  });

  test('a pod that asks for two is told which two it has', async () => {
    const said = await cluster.runPod('two-gpus', ['env', 'NVIDIA_VISIBLE_DEVICES'], { gpus: 2 });
    expect(said).toMatch(/^gpu-[0-3],gpu-[0-3]$/);
    expect(new Set(said.split(',')).size).toBe(2);
  });

  test('a device that falls ill is not allocated, and is again when it is well', async () => {
    setGpuHealth(cluster.layout.gpuStateFile, 'gpu-1', 'Unhealthy');
    await waitUntil('three allocatable GPUs', 15_000, async () => (await gpus('allocatable')) === '3');
    expect(await gpus('capacity')).toBe('4');
    setGpuHealth(cluster.layout.gpuStateFile, 'gpu-1', 'Healthy');
    await waitUntil('four allocatable GPUs', 15_000, async () => (await gpus('allocatable')) === '4');
  });

  test('a pod that asks for nine waits, with the scheduler saying why', async () => {
    await cluster.startPod('nine-gpus', [], { gpus: 9 });
    const why = (): Promise<string> => cluster.jsonpath(['pod', 'nine-gpus'], '{.status.conditions[?(@.type=="PodScheduled")].message}');
    await waitUntil("the scheduler's words", 10_000, async () => (await why()) !== '');
    expect(await why()).toContain('Insufficient nvidia.com/gpu');
    expect(await cluster.podPhase('nine-gpus', ['Pending'])).toBe('Pending');
  });
});

describe('pods and Services', () => {
  let address = '';

  beforeAll(async () => {
    await cluster.startPod('server', ['serve', ':8080'], { labels: { app: 'server' } });
    await cluster.kubectl.run(['expose', 'pod', 'server', '--port=80', '--target-port=8080']);
    await cluster.podPhase('server', ['Running']);
    address = await cluster.jsonpath(['service', 'server'], '{.spec.clusterIP}');
  });

  test("a Service's name leads to its address", async () => {
    const short = cluster.runPod('lookup', ['lookup', 'server']);
    const full = cluster.runPod('lookup-full', ['lookup', 'kubernetes.default.svc.cluster.local']);
    const nobody = cluster.runPod('lookup-nobody', ['lookup', 'nobody']).catch(String);
    expect(await Promise.all([short, full, nobody])).toEqual([`[${address}]`, '[10.96.0.1]', expect.stringContaining('no such host')]);
  });

  test("a Service's address leads to its pod", async () => {
    const addresses = [`${address}:80`, 'kubernetes:443'];
    const said = await Promise.all(addresses.map((target, index) => cluster.runPod(`dial-${index}`, ['dial', target])));
    expect(said).toEqual(addresses.map((target) => `connected to ${target}`));
  });

  test('kubectl exec runs a command in a pod', async () => {
    expect(await cluster.kubectl.run(['exec', 'server', '--', '/pause', 'dial', '127.0.0.1:8080'])).toContain('connected');
  });

  test('kubectl port-forward leads to the pod', async () => {
    const answer = await withPortForward(cluster.kubectl, { namespace: 'default', service: 'server', port: 80 }, async (local) =>
      (await fetch(`http://${local}/`)).text(),
    );
    expect(answer).toBe('hello\n');
  });

  test('an image pushed to the registry is pulled by the node', async () => {
    const image = await cluster.push('test/copied:1');
    expect(await cluster.runPod('pulled', ['env', 'HOME'], { image })).toBe('/');
    const reference = await cluster.jsonpath(['pod', 'pulled'], '{.status.containerStatuses[0].imageID}');
    expect(reference).toContain(image.replace(':1', '@sha256:'));
  });

  test('an image that nobody pushed is refused by name', async () => {
    await cluster.startPod('absent', [], { image: `${REGISTRY_NAME}:${REGISTRY_PORT}/test/absent:1` });
    const message = (): Promise<string> => cluster.jsonpath(['pod', 'absent'], '{.status.containerStatuses[0].state.waiting.message}');
    await waitUntil('the reason of the failed pull', 15_000, async () => (await message()).includes('test/absent:1'));
    expect(await message()).toContain('not found');
  });

  test('the version of each part is what it says', async () => {
    const info = (field: string): Promise<string> => cluster.jsonpath(['node', cluster.layout.id], `{.status.nodeInfo.${field}}`);
    expect(await info('kubeletVersion')).toMatch(/^v1\.34\./);
    expect(await info('containerRuntimeVersion')).toMatch(/^containerd:\/\/2\./);
  });
});
