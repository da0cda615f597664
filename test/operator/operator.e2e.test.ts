/** What the operator makes of a ModelDeployment on a real API server; each test in a namespace of its own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { exec } from '../../hack/exec.js';
import { KINDS, type KindName } from '../../operator/api/kinds.js';
import {
  CRD_SCHEMA_REVISION,
  type ModelDeployment,
  type ModelDeploymentSpec,
  type StatusCondition,
} from '../../operator/api/zz_generated.modeldeployment.js';
import type { KubeObject, ResourceKind } from '../../operator/ports.js';
import { DIGEST_A, DIGEST_B } from '../builders/model-deployment.js';
import { eventually } from '../contract/eventually.js';
import { CRDS, clusterOfTests, KubeWorlds } from '../contract/kube-world.js';
import type { World } from '../contract/world.js';
import { OperatorProcess } from './operator-process.js';

const PATIENCE_MS = 30_000;
/** Who stops in good order is followed before its lease would be over. */
const LEASE_MS = 15_000;
const URI = 'oci://registry.invalid/models/reader:1';
const NAMESPACES: ResourceKind = { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces' };
const LEASES: ResourceKind = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', plural: 'leases' };
const CRD_FILE = 'charts/slipway/crds/modeldeployments.slipway.dev.yaml';
const CRD = { namespace: '', name: 'modeldeployments.slipway.dev' };

let folder: string;
let kubeconfig: string;
let worlds: KubeWorlds;
let world: World;
let running: OperatorProcess[] = [];

beforeAll(async () => {
  const cluster = await clusterOfTests();
  folder = mkdtempSync(join(tmpdir(), 'slipway-operator-'));
  kubeconfig = join(folder, 'kubeconfig');
  const view = ['config', 'view', '--raw', '--minify', '--flatten', '--kubeconfig', cluster.kubeconfig, '--context', cluster.context];
  writeFileSync(kubeconfig, await exec(cluster.binaries.kubectl, view), { mode: 0o600 });
  // the CRD of this tree: an operator refuses another one
  await exec(cluster.binaries.kubectl, ['--kubeconfig', kubeconfig, 'apply', '--server-side', '--force-conflicts', '-f', CRD_FILE]);
  if (cluster.local !== undefined || process.env['SLIPWAY_ALLOW_DISRUPTION'] === '1') await silenceInstalled(cluster.binaries.kubectl);
  worlds = await KubeWorlds.open();
});

/** An operator that an earlier run installed would look after the same namespaces. Its chart's next upgrade starts it again. */
async function silenceInstalled(kubectl: string): Promise<void> {
  const inNamespace = ['--kubeconfig', kubeconfig, '-n', 'slipway-system'];
  const found = await exec(kubectl, [...inNamespace, 'get', 'deployment/slipway', '--ignore-not-found', '-o', 'name']);
  if (found === '') return;
  await exec(kubectl, [...inNamespace, 'scale', 'deployment/slipway', '--replicas=0']);
  await exec(kubectl, [...inNamespace, 'wait', '--for=delete', 'pod', '-l', 'app.kubernetes.io/component=operator', '--timeout=60s']);
}

afterAll(async () => {
  await worlds.close();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  running = [];
  world = await worlds.make();
  await world.hands.update(
    NAMESPACES,
    { namespace: '', name: world.namespace },
    { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } },
  );
});
afterEach(async () => {
  await Promise.all(running.map((operator) => operator.stop('SIGKILL')));
  await worlds.unmake();
});

async function start(name = 'operator-a', image?: string): Promise<OperatorProcess> {
  const operator = launch(name, image);
  await operator.leads(PATIENCE_MS);
  return operator;
}

function launch(name: string, image?: string): OperatorProcess {
  const operator = new OperatorProcess({ kubeconfig, namespace: world.namespace, name, ...(image === undefined ? {} : { image }) });
  running.push(operator);
  return operator;
}

async function create(name: string, spec: Partial<ModelDeploymentSpec> = {}): Promise<KubeObject> {
  const { apiVersion, kind } = KINDS.modelDeployment;
  const metadata = { name, namespace: world.namespace };
  return world.hands.create(KINDS.modelDeployment, { apiVersion, kind, metadata, spec: { model: { uri: URI, digest: DIGEST_A }, ...spec } });
}

function edit(name: string, spec: Record<string, unknown>): Promise<KubeObject> {
  return world.hands.update(KINDS.modelDeployment, { namespace: world.namespace, name }, { spec });
}

function get(kind: KindName, name: string): Promise<KubeObject | undefined> {
  return world.hands.get(KINDS[kind], { namespace: world.namespace, name });
}

async function conditionOf(name: string, type: StatusCondition['type']): Promise<StatusCondition | undefined> {
  const model = await get('modelDeployment', name);
  const status = model?.['status'] as ModelDeployment['status'];
  return status?.conditions?.find((condition) => condition.type === type && condition.observedGeneration === model?.metadata.generation);
}

/** Name of the only revision. */
async function revisionOf(name: string): Promise<string> {
  const model = await eventually(
    'a serving revision',
    PATIENCE_MS,
    () => get('modelDeployment', name),
    (seen) => (seen?.['status'] as ModelDeployment['status'])?.columns?.revision !== undefined,
  );
  return (model?.['status'] as ModelDeployment['status'])?.columns?.revision ?? '';
}

async function waitFor(kind: KindName, name: string, isThere = true): Promise<KubeObject | undefined> {
  return eventually(
    `${kind} ${name} to be ${isThere ? 'there' : 'gone'}`,
    PATIENCE_MS,
    () => get(kind, name),
    (object) => (object !== undefined) === isThere,
  );
}

describe('a ModelDeployment', () => {
  test('gets its children, owned by it; pods pass Pod Security; the status tells why they do not start', async () => {
    await start();
    const model = await create('reader', { replicas: 2 });
    const revision = await revisionOf('reader');
    for (const [kind, name] of [
      ['deployment', revision],
      ['controllerRevision', revision],
      ['service', revision],
      ['service', 'reader'],
      ['podDisruptionBudget', 'reader'],
    ] as const) {
      const child = await waitFor(kind, name);
      expect(child?.metadata.ownerReferences).toEqual([
        expect.objectContaining({ uid: model.metadata.uid, controller: true, blockOwnerDeletion: false }),
      ]);
    }
    const account = await waitFor('serviceAccount', 'slipway-runtime');
    expect(account).toMatchObject({
      automountServiceAccountToken: false,
      metadata: { labels: { 'app.kubernetes.io/managed-by': 'slipway-operator' } },
    });
    expect(account?.metadata.ownerReferences).toBeUndefined();
    const ready = await eventually(
      'the cause of not being Ready',
      PATIENCE_MS,
      () => conditionOf('reader', 'Ready'),
      (condition) => ['RegistryUnavailable', 'ImageNotFound', 'ImagePullFailed'].includes(condition?.reason ?? ''),
    );
    expect(ready).toMatchObject({ status: 'False', message: expect.stringContaining('registry.invalid/slipway/runtime:none') });
    expect(await conditionOf('reader', 'Scheduled')).toMatchObject({ status: 'True' });
  });

  test('scales, is suspended, and its deletion leaves nothing', async () => {
    await start();
    await create('reader', { replicas: 2 });
    const revision = await revisionOf('reader');
    await waitFor('podDisruptionBudget', 'reader');
    await edit('reader', { replicas: 1 });
    await waitFor('podDisruptionBudget', 'reader', false);
    await edit('reader', { suspend: true });
    await eventually(
      'Ready to say Suspended',
      PATIENCE_MS,
      () => conditionOf('reader', 'Ready'),
      (condition) => condition?.reason === 'Suspended',
    );
    expect(await get('deployment', revision)).toMatchObject({ spec: { replicas: 0 } });
    await world.hands.remove(KINDS.modelDeployment, { namespace: world.namespace, name: 'reader' });
    for (const [kind, name] of [
      ['deployment', revision],
      ['controllerRevision', revision],
      ['service', 'reader'],
      ['serviceAccount', 'slipway-runtime'],
    ] as const) {
      await waitFor(kind, name, false);
    }
  });

  test('that is deleted and made anew at once gets children of its own', async () => {
    await start();
    await create('reader');
    await waitFor('deployment', await revisionOf('reader'));
    await world.hands.remove(KINDS.modelDeployment, { namespace: world.namespace, name: 'reader' });
    const again = await create('reader');
    const isOwned = (object: KubeObject | undefined): boolean => object?.metadata.ownerReferences?.[0]?.uid === again.metadata.uid;
    await eventually('the Service of the new one', PATIENCE_MS, () => get('service', 'reader'), isOwned);
    await eventually('the Deployment of the new one', PATIENCE_MS, async () => get('deployment', await revisionOf('reader')), isOwned);
    expect(await conditionOf('reader', 'Stalled')).toBeUndefined();
  });

  test('keeps its revision, untouched, when only the tag of a pinned model changes', async () => {
    await start();
    await create('reader');
    const revision = await revisionOf('reader');
    const before = await waitFor('controllerRevision', revision);
    await edit('reader', { model: { uri: 'oci://registry.invalid/models/reader:2' } });
    const isTold = (object: KubeObject | undefined): boolean =>
      object !== undefined && Object(object['status']).observedGeneration === object.metadata.generation;
    await eventually('the answer to the edit', PATIENCE_MS, () => get('modelDeployment', 'reader'), isTold);
    expect((await get('controllerRevision', revision))?.metadata.resourceVersion).toBe(before?.metadata.resourceVersion);
    expect(await revisionOf('reader')).toBe(revision);
  });

  test('whose first revision never was ready hands its name to the next one at once', async () => {
    await start();
    await create('reader');
    const first = await revisionOf('reader');
    await edit('reader', { model: { digest: DIGEST_B } });
    await waitFor('deployment', first, false);
    const second = await revisionOf('reader');
    expect(second).not.toBe(first);
    expect(await get('service', 'reader')).toMatchObject({ spec: { selector: { 'slipway.dev/revision': second } } });
    await waitFor('service', first, false);
  });

  test('whose name somebody else has is Stalled, and that object is left alone', async () => {
    await world.hands.create(KINDS.service, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'reader', namespace: world.namespace },
      spec: { ports: [{ port: 80 }], selector: { app: 'theirs' } },
    });
    await start();
    await create('reader');
    const stalled = await eventually(
      'Stalled',
      PATIENCE_MS,
      () => conditionOf('reader', 'Stalled'),
      (condition) => condition !== undefined,
    );
    expect(stalled).toMatchObject({ reason: 'NameConflict', message: expect.stringContaining('Service') });
    expect(await get('service', 'reader')).toMatchObject({ spec: { selector: { app: 'theirs' } } });
    await world.hands.remove(KINDS.service, { namespace: world.namespace, name: 'reader' });
    await edit('reader', { replicas: 2 });
    await revisionOf('reader');
  });
});

describe('the operator', () => {
  test('that starts anew, with another image, writes nothing but what a consent would roll', async () => {
    const first = await start();
    // suspended: nothing of the cluster moves by itself meanwhile
    await create('reader', { replicas: 2 });
    const revision = await revisionOf('reader');
    await edit('reader', { suspend: true });
    const hasNoPods = (object: KubeObject | undefined): boolean => {
      const status = object?.['status'] as ModelDeployment['status'];
      return status?.pods === undefined && status?.conditions?.[0]?.reason === 'Suspended';
    };
    await eventually('the last pod to be gone', PATIENCE_MS, () => get('modelDeployment', 'reader'), hasNoPods);
    await sleep(1000);
    await first.stop();
    const versions = async (): Promise<unknown[]> => {
      const objects = [
        get('deployment', revision),
        get('controllerRevision', revision),
        get('service', 'reader'),
        get('service', revision),
        get('serviceAccount', 'slipway-runtime'),
      ];
      return (await Promise.all(objects)).map((object) => object?.metadata.resourceVersion);
    };
    const before = await versions();
    const second = await start('operator-b', 'registry.invalid/slipway/runtime:newer');
    const offersUpdate = (object: KubeObject | undefined): boolean => (object?.['status'] as ModelDeployment['status'])?.update !== undefined;
    const offered = await eventually('the update to be on offer', PATIENCE_MS, () => get('modelDeployment', 'reader'), offersUpdate);
    await sleep(3000);
    expect(await versions()).toEqual(before);
    expect((await get('modelDeployment', 'reader'))?.metadata.resourceVersion).toBe(offered?.metadata.resourceVersion);
    expect(second.output).not.toContain('Changed the world');
  });

  test('of two, one works; when it stops the other goes on at once', async () => {
    const first = await start('operator-a');
    const second = launch('operator-b');
    await create('one');
    await revisionOf('one');
    await eventually(
      'the second to stand by',
      PATIENCE_MS,
      () => second.output,
      (output) => output.includes('"message":"Waiting to lead"'),
    );
    expect(second.output).not.toContain('"message":"Leading"');
    await first.stop();
    const stoppedAt = Date.now();
    await second.leads(PATIENCE_MS);
    expect(Date.now() - stoppedAt).toBeLessThan(LEASE_MS);
    const lease = await world.hands.get(LEASES, { namespace: world.namespace, name: 'slipway-operator' });
    expect(lease).toMatchObject({ spec: { holderIdentity: expect.stringMatching(/^operator-b_/) } });
    await create('two');
    await revisionOf('two');
  });

  test('that is killed is followed by the other when its lease is over', async () => {
    const first = await start('operator-a');
    const second = launch('operator-b');
    await eventually(
      'the second to stand by',
      PATIENCE_MS,
      () => second.output,
      (output) => output.includes('"message":"Waiting to lead"'),
    );
    await first.stop('SIGKILL');
    await second.leads(PATIENCE_MS);
    await create('one');
    await revisionOf('one');
  });

  test('refuses an older CRD with the command that mends it', async () => {
    const annotation = 'slipway.dev/schema-revision';
    const served = (await world.hands.get(CRDS, CRD))?.metadata.annotations?.[annotation] ?? null;
    await world.hands.update(CRDS, CRD, { metadata: { annotations: { [annotation]: '0' } } });
    try {
      const operator = launch('operator-a');
      expect(await operator.ended()).toBe(1);
      expect(operator.output).toContain(`has schema revision 0 and this operator needs ${CRD_SCHEMA_REVISION}`);
      expect(operator.output).toContain('kubectl apply --server-side');
    } finally {
      await world.hands.update(CRDS, CRD, { metadata: { annotations: { [annotation]: served } } });
    }
  });
});
