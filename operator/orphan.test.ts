import { describe, expect, test } from '@jest/globals';
import { isAdoptable, isOrphanOf } from './orphan.js';
import type { KubeObject, OwnerReference } from './ports.js';

const LABELS = { 'app.kubernetes.io/managed-by': 'slipway-operator', 'slipway.dev/model': 'reader' };
const REVISION = 'reader-1a2b3c4d';

function object(kind: string, name: string, more: Partial<KubeObject['metadata']> = {}): KubeObject {
  return { apiVersion: 'any/v1', kind, metadata: { name, namespace: 'shop', labels: LABELS, ...more } };
}

function ofRevision(kind: string, name = REVISION, more: Partial<KubeObject['metadata']> = {}): KubeObject {
  return object(kind, name, { labels: { ...LABELS, 'slipway.dev/revision': name }, ...more });
}

function owner(more: Partial<OwnerReference> = {}): OwnerReference {
  return { apiVersion: 'slipway.dev/v1alpha1', kind: 'ModelDeployment', name: 'reader', uid: 'u0', controller: true, ...more };
}

describe('an orphan', () => {
  test.each([
    ['a Deployment of a revision', ofRevision('Deployment')],
    ['a ControllerRevision', ofRevision('ControllerRevision')],
    ['the Service of a revision', ofRevision('Service')],
    ["the model's Service", object('Service', 'reader')],
    ["the model's PodDisruptionBudget", object('PodDisruptionBudget', 'reader')],
    ['a resolver pod', object('Pod', 'reader-resolve-1a2b3c4d-2')],
    ['one that has an owner beside, who does not control it', object('Service', 'reader', { ownerReferences: [owner({ controller: false })] })],
  ])('is %s', (_name, it) => expect(isOrphanOf(it, 'reader')).toBe(true));

  test.each([
    ['one that has a controller', object('Service', 'reader', { ownerReferences: [owner()] })],
    [
      'one that has a controller that is gone: Kubernetes collects it',
      ofRevision('Deployment', REVISION, { ownerReferences: [owner({ uid: 'gone' })] }),
    ],
    ['one of another model', object('Service', 'reader', { labels: { ...LABELS, 'slipway.dev/model': 'other' } })],
    ['one that somebody else manages', object('Service', 'reader', { labels: { ...LABELS, 'app.kubernetes.io/managed-by': 'Helm' } })],
    ['one without labels', object('Service', 'reader', { labels: {} })],
    ['a copy under another name', object('Deployment', 'reader-debug', { labels: { ...LABELS, 'slipway.dev/revision': REVISION } })],
    ['a copy whose labels were changed along', ofRevision('Deployment', 'reader-debug')],
    ['a Service of another name', object('Service', 'reader-extra')],
    ['a serving pod that somebody took out to look at', ofRevision('Pod')],
    ['a kind that we do not make', object('ConfigMap', 'reader')],
  ])('is not %s', (_name, it) => expect(isOrphanOf(it, 'reader')).toBe(false));

  test('that is being deleted is not adopted any more', () => {
    const going = object('Service', 'reader', { deletionTimestamp: '2026-01-01T00:00:00Z' });
    expect([isOrphanOf(going, 'reader'), isAdoptable(going, 'reader')]).toEqual([true, false]);
  });
});
