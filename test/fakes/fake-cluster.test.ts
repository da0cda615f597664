import { beforeEach, describe, expect, test } from '@jest/globals';
import { KubeError } from '../../lib/kube/kube-error.js';
import type { KubeObject, Ownership, ResourceKind } from '../../operator/ports.js';
import { FakeCluster } from './fake-cluster.js';
import { CrashError } from './fake-writer.js';

const PODS: ResourceKind = { apiVersion: 'v1', kind: 'Pod', plural: 'pods' };
const OURS: Ownership = { kind: 'ManagedBy' };
const pod = (name: string, more: Partial<KubeObject['metadata']> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop', labels: { 'app.kubernetes.io/managed-by': 'slipway-operator' }, ...more },
  spec: { nodeName: 'n1' },
});
const key = { namespace: 'shop', name: 'p' };
let cluster: FakeCluster;

beforeEach(() => {
  cluster = new FakeCluster();
});

describe('the in-memory API, beyond the contract', () => {
  test('objects cannot be changed in place', () => {
    const stored = cluster.create(PODS, pod('p'));
    expect(Object.isFrozen(stored.metadata.labels)).toBe(true);
  });
  test('a change by function or by merge patch, status apart', () => {
    cluster.create(PODS, { ...pod('p'), status: { phase: 'Pending' } });
    cluster.patchStatus(PODS, key, { podIP: '10.0.0.1' });
    cluster.update(PODS, key, (object) => ({ ...object, spec: { nodeName: 'n1', activeDeadlineSeconds: 9 }, status: { phase: 'Ignored' } }));
    cluster.update(PODS, key, { metadata: { labels: { extra: 'yes', 'app.kubernetes.io/managed-by': null } } });
    expect(cluster.get(PODS, key)).toMatchObject({ spec: { activeDeadlineSeconds: 9 }, status: { phase: 'Pending', podIP: '10.0.0.1' } });
    expect(cluster.get(PODS, key)?.metadata).toMatchObject({ generation: 2, labels: { extra: 'yes' } });
  });
  test('listeners hear of every change once, and not of a change that changes nothing', () => {
    const heard: string[] = [];
    cluster.subscribe(({ type, object, old }) => heard.push(`${type} ${object.metadata.name} ${old === undefined ? '' : 'was'}`.trim()));
    cluster.create(PODS, pod('p'));
    cluster.patchStatus(PODS, key, { phase: 'Running' });
    cluster.patchStatus(PODS, key, { phase: 'Running' });
    cluster.remove(PODS, key);
    expect(heard).toEqual(['Added p', 'Updated p was', 'Deleted p']);
  });
  test('a frozen cache shows the past and its events come later', () => {
    cluster.create(PODS, pod('p'));
    const heard: string[] = [];
    cluster.subscribe(({ type }) => heard.push(type));
    cluster.freeze(PODS);
    cluster.remove(PODS, key);
    expect(cluster.cache(PODS).get(key)).toBeDefined();
    expect(cluster.cache(PODS).list({ namespace: 'shop' })).toHaveLength(1);
    expect(cluster.objects(PODS)).toEqual([]);
    expect(heard).toEqual([]);
    cluster.thaw(PODS);
    expect(cluster.cache(PODS).get(key)).toBeUndefined();
    expect(heard).toEqual(['Deleted']);
  });
  test('an object with finalizers stays, marked, until they are removed', () => {
    cluster.create(PODS, pod('p'));
    cluster.update(PODS, key, { metadata: { finalizers: ['example.com/wait'] } });
    cluster.remove(PODS, key);
    expect(cluster.get(PODS, key)?.metadata.deletionTimestamp).toBe('2026-01-01T00:00:00Z');
    cluster.update(PODS, key, { metadata: { finalizers: null } });
    expect(cluster.get(PODS, key)).toBeUndefined();
  });
  test('an object goes when the last of its owners is gone', () => {
    const owner = (name: string) => ({ apiVersion: 'v1', kind: 'Pod', name, uid: `uid-${name}` });
    for (const name of ['a', 'b']) cluster.create(PODS, pod(name, { uid: `uid-${name}` }));
    cluster.create(PODS, pod('p', { ownerReferences: [owner('a'), owner('b')] }));
    cluster.remove(PODS, { namespace: 'shop', name: 'a' });
    expect(cluster.get(PODS, key)).toBeDefined();
    cluster.remove(PODS, { namespace: 'shop', name: 'b' });
    expect(cluster.get(PODS, key)).toBeUndefined();
  });
});

describe('faults', () => {
  const failure = new KubeError('quota exceeded', { code: 403, reason: 'Forbidden' });
  test('a call fails once', async () => {
    cluster.failNext('apply', 'Pod', failure);
    await expect(cluster.writer.apply(PODS, pod('p'), OURS)).rejects.toBe(failure);
    expect(cluster.objects(PODS)).toEqual([]);
    await cluster.writer.apply(PODS, pod('p'), OURS);
    expect(cluster.objects(PODS)).toHaveLength(1);
  });
  test('a reply is lost and the write is done', async () => {
    cluster.failNext('apply', 'Pod', failure, true);
    await expect(cluster.writer.apply(PODS, pod('p'), OURS)).rejects.toBe(failure);
    expect(cluster.objects(PODS)).toHaveLength(1);
  });
  test('the writer dies after so many writes and lives again', async () => {
    cluster.writer.crashAfter(1);
    await cluster.writer.apply(PODS, pod('p'), OURS);
    await expect(cluster.writer.delete(PODS, key, OURS)).rejects.toThrow(CrashError);
    expect(cluster.objects(PODS)).toHaveLength(1);
    cluster.writer.restart();
    await cluster.writer.delete(PODS, key, OURS);
    expect(cluster.writer.writes.map(({ verb }) => verb)).toEqual(['apply', 'delete']);
  });
});
