/** The chart's FlowSchema on a real API server: the operator's ServiceAccount asks for its Lease with the leaders, for all else with everybody. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ensureHelm } from '../../cluster/binaries.js';
import { exec } from '../../hack/exec.js';
import { kubeconfigAccess } from '../../lib/kube/cluster-access.js';
import { at, helmTemplate, parseManifests } from '../chart/helm-template.js';
import { eventually } from '../contract/eventually.js';
import { clusterOfTests } from '../contract/kube-world.js';

const PATIENCE_MS = 30_000;
const UID_HEADER = 'x-kubernetes-pf-flowschema-uid';
const NAMESPACE = 'slipway-system';

let folder: string;
let kubectl: (args: readonly string[]) => Promise<string>;
let ask: (path: string) => Promise<string | undefined>;
let schema = '';

beforeAll(async () => {
  const cluster = await clusterOfTests();
  folder = mkdtempSync(join(tmpdir(), 'slipway-flow-'));
  kubectl = (args) => exec(cluster.binaries.kubectl, ['--kubeconfig', cluster.kubeconfig, '--context', cluster.context, ...args]);
  const { helm } = await ensureHelm(() => undefined);
  const { stdout } = await helmTemplate(helm, ['--set', 'fullnameOverride=flow-check']);
  const kinds = ['ServiceAccount', 'FlowSchema', 'Role', 'RoleBinding'];
  const wanted = parseManifests(stdout).filter(({ kind }) => kinds.includes(String(kind)));
  schema = String(
    at(
      wanted.find(({ kind }) => kind === 'FlowSchema'),
      'metadata',
      'name',
    ),
  );
  writeFileSync(join(folder, 'wanted.json'), JSON.stringify({ apiVersion: 'v1', kind: 'List', items: wanted }));
  await kubectl(['create', 'namespace', NAMESPACE]).catch(() => undefined); // an earlier test made it
  await kubectl(['apply', '-f', join(folder, 'wanted.json')]);
  const token = (await kubectl(['-n', NAMESPACE, 'create', 'token', 'flow-check'])).trim();
  const access = await kubeconfigAccess({ file: cluster.kubeconfig, context: cluster.context });
  const { tls } = await access.credentials();
  const only = { ...(tls.ca === undefined ? {} : { ca: tls.ca }), ...(tls.servername === undefined ? {} : { servername: tls.servername }) };
  ask = (path) =>
    new Promise((resolve, reject) => {
      const request = get(`${access.server}${path}`, { ...only, headers: { authorization: `Bearer ${token}` }, agent: false }, (response) => {
        response.resume();
        resolve(String(response.headers[UID_HEADER] ?? ''));
      });
      request.on('error', reject);
    });
});

afterAll(async () => {
  await kubectl(['delete', '-f', join(folder, 'wanted.json'), '--ignore-not-found']);
  rmSync(folder, { recursive: true });
});

describe('API Priority and Fairness', () => {
  test('takes the calls for the Lease into the FlowSchema of the chart, and no others', async () => {
    const uid = (await kubectl(['get', 'flowschema', schema, '-o', 'jsonpath={.metadata.uid}'])).trim();
    const lease = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases/slipway-operator`;
    expect(
      await eventually(
        'the FlowSchema to be in force',
        PATIENCE_MS,
        () => ask(lease),
        (seen) => seen === uid,
      ),
    ).toBe(uid);
    expect(await ask('/apis/coordination.k8s.io/v1/namespaces/default/leases/slipway-operator')).not.toBe(uid);
    expect(await ask(`/api/v1/namespaces/${NAMESPACE}/pods`)).not.toBe(uid);
    expect(await kubectl(['get', 'flowschema', schema, '-o', 'jsonpath={.status.conditions[?(@.type=="Dangling")].status}'])).toBe('False');
  });
});
