/** What people break, and what `kubectl get mdep` then says. Each case runs in its own ModelDeployment of one namespace. */
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pushModel } from '../../cli/push.js';
import { isReady } from '../../hack/wait-model.js';
import { readyIs, SMALL, World } from './world.js';

const TIMEOUT_MS = 200_000;
let world: World;
let uri: string;

beforeAll(async () => {
  world = await World.start('failures');
  ({ uri } = await world.push('upright', '1'));
}, TIMEOUT_MS);
afterAll(() => world.stop());

describe('at admission', () => {
  test.each([
    ['a scheme that nobody knows', { model: { uri: 's4://bucket/model' } }, ['s4://bucket/model', 'oci://, hf://, s3://, https://, http://']],
    ['a field that does not exist', { model: { uri: 'oci://r.example/m:1', colour: 'red' } }, ['spec.model.colour']],
    ['a version that clients cannot parse', { model: { uri: 'oci://r.example/m:1', version: 'v4' } }, ['positive integer']],
    [
      'a GPU among the CPU resources',
      { model: { uri: 'oci://r.example/m:1' }, runtime: { resources: { limits: { 'nvidia.com/gpu': 1 } } } },
      ['spec.accelerator'],
    ],
    ['a URL without a digest', { model: { uri: 'https://r.example/m.onnx' } }, ['spec.model.digest is required']],
  ])('%s is refused by name', async (_name, spec, wantWords) => {
    const refusal = await world.apply('refused', spec).then(
      () => 'accepted',
      (error: Error) => error.message,
    );
    for (const words of wantWords) expect(refusal).toContain(words);
  });
});

describe('after admission', () => {
  test(
    'a digest that the registry has not',
    async () => {
      const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
      await world.apply('absent', { model: { uri, digest } });
      const view = await world.waitFor('absent', (seen) => seen.conditions.get('Stalled')?.status === 'True', TIMEOUT_MS);
      expect(view.conditions.get('Ready')).toMatchObject({ status: 'False', reason: 'SourceNotFound' });
      expect(view.conditions.get('Ready')?.message).toContain(digest);
      expect(await world.look('absent')).toContain('SourceNotFound');
      await eventually(() => podsOf('absent'), ''); // given up: nothing is left to restart for ever
    },
    TIMEOUT_MS,
  );

  test(
    'bytes that are not those of the digest',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'slipway-e2e-'));
      try {
        const model = join(folder, 'rotten.onnx');
        writeFileSync(model, Buffer.alloc(200_000, 'a'));
        const pushed = await pushModel({
          model,
          uri: `oci://${world.cluster.registryPush}/models/rotten:1`,
          plainHttp: [world.cluster.registryPush],
        });
        rot(pushed.contentDigest);
        await world.apply('rotten', { model: { uri: `oci://${world.cluster.registryPull}/models/rotten:1` } });
        const view = await world.waitFor('rotten', (seen) => seen.conditions.get('Stalled')?.status === 'True', TIMEOUT_MS);
        expect(view.conditions.get('Ready')).toMatchObject({ status: 'False', reason: 'DigestMismatch' });
        expect(view.conditions.get('Ready')?.message).toContain(pushed.contentDigest);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
    TIMEOUT_MS,
  );

  test(
    'a file that is no ONNX model',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'slipway-e2e-'));
      try {
        const model = join(folder, 'text.onnx');
        writeFileSync(model, 'this is no model');
        await pushModel({ model, uri: `oci://${world.cluster.registryPush}/models/text:1`, plainHttp: [world.cluster.registryPush] });
        await world.apply('text', { model: { uri: `oci://${world.cluster.registryPull}/models/text:1` } });
        const view = await world.waitFor('text', (seen) => seen.conditions.get('Stalled')?.status === 'True', TIMEOUT_MS);
        expect(view.conditions.get('Ready')).toMatchObject({ status: 'False', reason: 'ModelInvalid' });
        expect(view.conditions.get('Ready')?.message).toMatch(/protobuf/i); // ONNX Runtime's own words
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
    TIMEOUT_MS,
  );

  test(
    'a registry that cannot be reached',
    async () => {
      await world.apply('nowhere', { model: { uri: 'oci://registry.nowhere.invalid/models/m:1' } });
      const view = await world.waitFor('nowhere', readyIs('False', 'SourceUnreachable'), TIMEOUT_MS);
      expect(view.conditions.get('Ready')?.message).toContain('registry.nowhere.invalid');
      expect(view.conditions.get('Stalled')).toBeUndefined(); // networks heal
    },
    TIMEOUT_MS,
  );

  test(
    'more GPUs than any node has: the scheduler’s words',
    async () => {
      await world.apply('greedy', { model: { uri }, accelerator: { vendor: 'nvidia', count: 9 } });
      const view = await world.waitFor(
        'greedy',
        (seen) => (seen.conditions.get('Ready')?.message ?? '').includes('Insufficient nvidia.com/gpu'),
        TIMEOUT_MS,
      );
      expect(view.conditions.get('Scheduled')?.status).toBe('False');
      expect(view.conditions.get('Ready')?.message).toContain('0/1 nodes are available');
    },
    TIMEOUT_MS,
  );

  test(
    'a GPU that is there and a runtime that cannot use it',
    async () => {
      await world.apply('gpu', { model: { uri }, accelerator: { vendor: 'nvidia' } });
      const view = await world.waitFor('gpu', (seen) => seen.conditions.get('Stalled')?.status === 'True', TIMEOUT_MS);
      expect(view.conditions.get('Ready')).toMatchObject({ status: 'False', reason: 'ProviderMissing' });
    },
    TIMEOUT_MS,
  );

  test(
    'a memory limit that the model does not fit into',
    async () => {
      await world.apply('small', { model: { uri }, runtime: { resources: { requests: { memory: '20Mi' }, limits: { memory: '20Mi' } } } });
      const view = await world.waitFor('small', readyIs('False', 'HostMemoryExceeded'), TIMEOUT_MS);
      expect(view.conditions.get('Ready')?.message).toContain('20Mi');
    },
    TIMEOUT_MS,
  );
});

describe('a model that serves', () => {
  test(
    'scales, is suspended and comes back, and its deletion leaves nothing',
    async () => {
      await world.apply('life', { model: { uri }, ...SMALL });
      await world.waitFor('life', isReady);
      await world.kubectl.run(['-n', world.namespace, 'scale', 'mdep/life', '--replicas=2']);
      await world.waitFor('life', (view) => isReady(view) && view.replicas === '2/2');
      expect(await names('poddisruptionbudgets')).toContain('life');
      await world.patch('life', { suspend: true });
      await world.waitFor('life', readyIs('False', 'Suspended'));
      expect(await names('services')).toContain('life'); // the address stays
      await world.patch('life', { suspend: false });
      await world.waitFor('life', isReady);
      await world.remove('life');
      await eventually(() => everythingOf('life'), '');
    },
    TIMEOUT_MS,
  );
});

test(
  'the last deletion of a namespace leaves it as it was',
  async () => {
    await world.kubectl.run(['-n', world.namespace, 'delete', 'mdep', '--all', '--timeout=60s']);
    const rest = (): Promise<string> =>
      names('serviceaccounts,pods,deployments,replicasets,services,controllerrevisions,poddisruptionbudgets,endpointslices');
    await eventually(rest, 'default'); // the ServiceAccount that every namespace has
  },
  TIMEOUT_MS,
);

/** Deletion is the garbage collector's and the kubelet's work: they get a minute. */
async function eventually(read: () => Promise<string>, wanted: string): Promise<void> {
  for (const until = Date.now() + 60_000; (await read()).trim() !== wanted && Date.now() < until; await sleep(500));
  expect((await read()).trim()).toBe(wanted);
}

function names(kinds: string): Promise<string> {
  return world.kubectl.run(['-n', world.namespace, 'get', kinds, '-o', 'jsonpath={.items[*].metadata.name}']);
}

function podsOf(model: string): Promise<string> {
  return world.kubectl.run(['-n', world.namespace, 'get', 'pods', '-l', `slipway.dev/model=${model}`, '-o', 'name']);
}

function everythingOf(model: string): Promise<string> {
  const kinds = 'pods,deployments,replicasets,services,controllerrevisions,poddisruptionbudgets';
  return world.kubectl.run(['-n', world.namespace, 'get', kinds, '-l', `slipway.dev/model=${model}`, '-o', 'name']);
}

/** Spoils a blob on the registry's disk, as a failing disk would. */
function rot(digest: string): void {
  const { local } = world.cluster;
  if (local === undefined) throw new Error('Spoiling a blob needs the local cluster: its registry keeps its files here');
  const hex = digest.replace('sha256:', '');
  const blobs = join(local.stateDir, 'registry', 'blobs');
  const file = readdirSync(blobs, { recursive: true, encoding: 'utf8' }).find((path) => path.endsWith(hex));
  if (file === undefined) throw new Error(`The registry has no blob ${digest} under ${blobs}`);
  writeFileSync(join(blobs, file), Buffer.alloc(statSync(join(blobs, file)).size, 'b'));
}
