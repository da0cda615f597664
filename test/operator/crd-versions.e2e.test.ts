/**
 * A later version of the API beside today's, without a conversion webhook: what has to hold so that it can come without a break.
 * On a cluster of its own, because a CRD is the whole cluster's and a version that was stored once is not easily unmade.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { randomName, TestCluster } from '../../cluster/e2e-cluster.js';
import { asList, asRecord, asText } from '../../operator/view/json.js';
import { DIGEST_A } from '../builders/model-deployment.js';
import { eventually } from '../contract/eventually.js';
import { OperatorProcess } from './operator-process.js';

const TIMEOUT_MS = 120_000;
const PATIENCE_MS = 30_000;
const CRD = 'modeldeployments.slipway.dev';
const CRD_FILE = 'charts/slipway/crds/modeldeployments.slipway.dev.yaml';
const OLD = 'modeldeployments.v1alpha1.slipway.dev';
const NEW = 'modeldeployments.v1beta1.slipway.dev';

let cluster: TestCluster;
let operator: OperatorProcess;

beforeAll(async () => {
  cluster = await TestCluster.up(randomName());
  await cluster.kubectl.run(['apply', '--server-side', '-f', CRD_FILE]);
  await cluster.kubectl.run(['wait', '--for=condition=Established', `crd/${CRD}`, '--timeout=30s']);
  operator = await startOperator();
}, 600_000);
afterAll(async () => {
  await operator?.stop('SIGKILL');
  await cluster?.down();
});

async function startOperator(): Promise<OperatorProcess> {
  const started = new OperatorProcess({ kubeconfig: cluster.layout.kubeconfig, namespace: 'default', name: 'operator-a' });
  await started.leads(PATIENCE_MS);
  return started;
}

/** The CRD's versions: today's as it is, and a copy of it with a field more under a later name. */
function versions(stored: 'v1alpha1' | 'v1beta1', isKnownToBoth: boolean): unknown[] {
  const crd = asRecord(parse(readFileSync(CRD_FILE, 'utf8')));
  const [alpha] = asList(asRecord(crd['spec'])['versions']).map(asRecord);
  if (alpha === undefined) throw new Error('The CRD has no version');
  const more = withExtra(alpha);
  return [
    { ...(isKnownToBoth ? more : alpha), storage: stored === 'v1alpha1' },
    { ...more, name: 'v1beta1', storage: stored === 'v1beta1' },
  ];
}

function withExtra(version: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const copy = structuredClone(version);
  const spec = asRecord(asRecord(asRecord(asRecord(copy['schema'])['openAPIV3Schema'])['properties'])['spec']);
  const properties: Record<string, unknown> = { ...asRecord(spec['properties']), extra: { type: 'string' } };
  return replaceSpec(copy, { ...spec, properties });
}

function replaceSpec(version: Readonly<Record<string, unknown>>, spec: unknown): Record<string, unknown> {
  const schema = asRecord(asRecord(version['schema'])['openAPIV3Schema']);
  const openAPIV3Schema = { ...schema, properties: { ...asRecord(schema['properties']), spec } };
  return { ...version, schema: { openAPIV3Schema } };
}

async function serve(wanted: unknown[]): Promise<void> {
  await cluster.kubectl.run(['patch', 'crd', CRD, '--type=merge', '-p', JSON.stringify({ spec: { versions: wanted } })]);
  await eventually(
    'the later version to be served as it was asked for',
    PATIENCE_MS,
    async () => (await cluster.kubectl.runAny(['explain', 'modeldeployments.spec', '--api-version=slipway.dev/v1beta1'])).stdout,
    (said) => said.includes('extra'),
  );
}

function model(name: string, version: 'v1alpha1' | 'v1beta1', spec: Readonly<Record<string, unknown>>): string {
  const source = { uri: 'oci://registry.invalid/models/reader:1', digest: DIGEST_A };
  return JSON.stringify({ apiVersion: `slipway.dev/${version}`, kind: 'ModelDeployment', metadata: { name }, spec: { model: source, ...spec } });
}

async function get(resource: string, name: string): Promise<Readonly<Record<string, unknown>>> {
  return asRecord(await cluster.kubectl.getJson([resource, name]));
}

async function extraOf(resource: string, name: string): Promise<string | undefined> {
  return asText(asRecord((await get(resource, name))['spec'])['extra']);
}

/** The operator has looked at this generation, and has written its status. */
async function looked(name: string): Promise<string> {
  const seen = await eventually(
    `a status of ${name}`,
    PATIENCE_MS,
    async () => {
      const { metadata, status } = await get(OLD, name);
      return { generation: asRecord(metadata)['generation'], observed: asRecord(status)['observedGeneration'], status };
    },
    ({ generation, observed }) => generation === observed,
  );
  const revision = asText(asRecord(asRecord(seen.status)['columns'])['revision']);
  if (revision === undefined) throw new Error(`${name} has no revision yet: ${JSON.stringify(seen.status)}`);
  return revision;
}

async function serving(name: string): Promise<string> {
  return eventually(
    `a revision of ${name}`,
    PATIENCE_MS,
    () => looked(name).catch(() => ''),
    (revision) => revision !== '',
  );
}

async function uidOf(kind: string, name: string): Promise<string | undefined> {
  return asText(asRecord((await get(kind, name))['metadata'])['uid']);
}

describe('v1beta1 comes, with a field that v1alpha1 does not have', () => {
  let revision = '';
  let deployment: string | undefined;

  beforeAll(async () => {
    await cluster.kubectl.apply(model('before', 'v1alpha1', {}));
    revision = await serving('before');
    deployment = await uidOf('deployment', revision);
    await serve(versions('v1alpha1', false));
  }, TIMEOUT_MS);

  test(
    'what there was is served on, under either name, and nothing of it is made anew',
    async () => {
      await cluster.kubectl.run(['patch', NEW, 'before', '--type=merge', '-p', '{"spec":{"replicas":2}}']);
      expect(await serving('before')).toBe(revision);
      expect(await uidOf('deployment', revision)).toBe(deployment);
      expect(asRecord((await get('deployment', revision))['spec'])['replicas']).toBe(2);
    },
    TIMEOUT_MS,
  );

  test(
    'an object that is written through it is served by today’s operator, which writes its status only',
    async () => {
      await cluster.kubectl.apply(model('after', 'v1beta1', { extra: 'kept?' }));
      const made = await serving('after');
      const owners = asList(asRecord((await get('deployment', made))['metadata'])['ownerReferences']).map(asRecord);
      expect(owners).toMatchObject([{ apiVersion: 'slipway.dev/v1alpha1', uid: await uidOf(NEW, 'after') }]);
      const seen = asRecord(await cluster.kubectl.getJson([NEW, 'after', '--show-managed-fields']));
      const managers = asList(asRecord(seen['metadata'])['managedFields']).map(asRecord);
      const ours = managers.filter(({ manager }) => manager === 'slipway-operator');
      expect(ours).toMatchObject([{ subresource: 'status' }]);
    },
    TIMEOUT_MS,
  );

  test(
    'an operator that starts now serves on, too',
    async () => {
      await operator.stop();
      operator = await startOperator();
      await cluster.kubectl.run(['patch', NEW, 'before', '--type=merge', '-p', '{"spec":{"replicas":1}}']);
      expect(await serving('before')).toBe(revision);
      expect(await uidOf('deployment', revision)).toBe(deployment);
    },
    TIMEOUT_MS,
  );

  test('the field is lost where the version that is stored does not know it: Kubernetes prunes, whoever writes', async () => {
    expect(await extraOf(NEW, 'after')).toBeUndefined();
  });
});

describe('v1beta1 is stored', () => {
  test(
    'without the field in the schema of v1alpha1 the first write of the operator loses it, though that writes the status only',
    async () => {
      await serve(versions('v1beta1', false));
      await operator.stop();
      await cluster.kubectl.apply(model('poor', 'v1beta1', { extra: 'kept' }));
      expect(await extraOf(NEW, 'poor')).toBe('kept');
      operator = await startOperator();
      await serving('poor');
      expect(await extraOf(NEW, 'poor')).toBeUndefined();
    },
    TIMEOUT_MS,
  );

  test(
    'with the field in the schema of both versions it lives through the writes of an operator that does not know it',
    async () => {
      await serve(versions('v1beta1', true));
      await cluster.kubectl.apply(model('rich', 'v1beta1', { extra: 'kept' }));
      await serving('rich');
      await cluster.kubectl.run(['patch', OLD, 'rich', '--type=merge', '-p', '{"spec":{"replicas":2}}']);
      await serving('rich');
      expect(await extraOf(NEW, 'rich')).toBe('kept');
      expect(await extraOf(OLD, 'rich')).toBe('kept');
      expect(asList(asRecord((await get('crd', CRD))['status'])['storedVersions'])).toEqual(['v1alpha1', 'v1beta1']);
    },
    TIMEOUT_MS,
  );

  test(
    'and its children are collected when it is deleted through it',
    async () => {
      const made = await serving('rich');
      await cluster.kubectl.run(['delete', NEW, 'rich', '--cascade=foreground', '--timeout=30s']);
      await eventually(
        'the Deployment to be gone',
        PATIENCE_MS,
        async () => cluster.kubectl.getJson(['deployment', made]),
        (found) => found === undefined,
      );
    },
    TIMEOUT_MS,
  );
});
