import { describe, expect, test } from '@jest/globals';
import { WaitingError } from '../../lib/errors.js';
import { type EndedPodOf, type KubeObject, type OwnerReference, type Ownership, OwnershipError } from '../ports.js';
import { checkDeployment, checkEndedPod, checkOwnership } from './ownership.js';

const owner = (uid: string, more: Partial<OwnerReference> = {}): OwnerReference => ({
  apiVersion: 'slipway.dev/v1alpha1',
  kind: 'ModelDeployment',
  name: 'reader',
  uid,
  controller: true,
  ...more,
});
const deployment = (ownerReferences: readonly OwnerReference[], labels: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'reader-1', namespace: 'shop', ownerReferences, labels },
});
const ours: Ownership = { kind: 'ControlledBy', uid: 'u1' };
const managed: Ownership = { kind: 'ManagedBy' };
const LABEL = 'app.kubernetes.io/managed-by';
const ORPHAN = { [LABEL]: 'slipway-operator', 'slipway.dev/model': 'reader', 'slipway.dev/revision': 'reader-1a2b3c4d' };

function outcome(existing: KubeObject, ownership: Ownership, desired?: KubeObject): string {
  try {
    checkOwnership(existing, ownership, desired);
    return 'ours';
  } catch (error) {
    if (error instanceof WaitingError) return `waits ${error.reason}`;
    if (error instanceof OwnershipError) return `theirs: ${error.owner}`;
    throw error;
  }
}

describe('checkOwnership', () => {
  test.each<{ name: string; existing: KubeObject; ownership: Ownership; want: string }>([
    { name: 'controlled by us', existing: deployment([owner('u1')]), ownership: ours, want: 'ours' },
    {
      name: 'owned by us but not controlled',
      existing: deployment([owner('u1', { controller: false })]),
      ownership: ours,
      want: 'theirs: somebody else (it has no controller)',
    },
    {
      name: 'one of several owners',
      existing: deployment([owner('u9', { name: 'x', controller: false }), owner('u1')]),
      ownership: ours,
      want: 'ours',
    },
    { name: 'of another model', existing: deployment([owner('u2', { name: 'other' })]), ownership: ours, want: 'theirs: ModelDeployment "other"' },
    { name: 'of a deleted namesake', existing: deployment([owner('u0')]), ownership: ours, want: 'waits PredecessorNotCollected' },
    {
      name: 'of a namesake of another kind',
      existing: deployment([owner('u0', { kind: 'InferenceService' })]),
      ownership: ours,
      want: 'theirs: InferenceService "reader"',
    },
    {
      name: 'made by Helm',
      existing: deployment([], { [LABEL]: 'Helm' }),
      ownership: ours,
      want: `theirs: "Helm" (its label ${LABEL})`,
    },
    {
      name: 'left by a ModelDeployment that was deleted without its children',
      existing: deployment([], { [LABEL]: 'slipway-operator' }),
      ownership: ours,
      want: 'theirs: nobody (it has the label of an object of Slipway, but no owner and not the labels of this one)',
    },
    {
      name: 'that has lost its owner',
      existing: { ...deployment([], ORPHAN), metadata: { ...deployment([], ORPHAN).metadata, name: 'reader-1a2b3c4d' } },
      ownership: ours,
      want: 'waits OwnerMissing',
    },
    {
      name: 'of an older version of the API, of a deleted namesake',
      existing: deployment([owner('u0', { apiVersion: 'slipway.dev/v1alpha0' })]),
      ownership: ours,
      want: 'waits PredecessorNotCollected',
    },
    { name: 'with our label', existing: deployment([], { [LABEL]: 'slipway-operator' }), ownership: managed, want: 'ours' },
    { name: 'without a label', existing: deployment([]), ownership: managed, want: 'theirs: somebody else (it has no controller)' },
  ])('$name', ({ existing, ownership, want }) => expect(outcome(existing, ownership, deployment([owner('u1')], ORPHAN))).toBe(want));

  test('a delete knows no namesake: what is not ours is not touched', () => {
    expect(outcome(deployment([owner('u0')]), ours)).toBe('theirs: ModelDeployment "reader"');
  });
});

describe('what is left of a pod that served', () => {
  const POD_LABELS = { 'slipway.dev/model': 'reader', 'slipway.dev/revision': 'reader-1', 'slipway.dev/component': 'serve' };
  const replicaSet: OwnerReference = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'reader-1-5d4f', uid: 'rs', controller: true };
  const remains: EndedPodOf = {
    ...{ kind: 'EndedPodOf', name: 'reader-1', labels: POD_LABELS, uid: 'u1' },
    deployment: { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments' },
  };
  const pod = (metadata: Partial<KubeObject['metadata']> = {}, phase = 'Failed'): KubeObject => ({
    ...{ apiVersion: 'v1', kind: 'Pod', status: { phase } },
    metadata: { name: 'reader-1-5d4f-x', namespace: 'shop', labels: POD_LABELS, ownerReferences: [replicaSet], ...metadata },
  });
  const verdict = (check: () => void): string => {
    try {
      check();
      return 'ours';
    } catch (error) {
      return error instanceof WaitingError ? `waits ${error.reason}` : 'conflict';
    }
  };

  test.each<{ name: string; existing: KubeObject; want: string }>([
    { name: 'failed', existing: pod(), want: 'ours' },
    { name: 'succeeded', existing: pod({}, 'Succeeded'), want: 'ours' },
    { name: 'one that runs', existing: pod({}, 'Running'), want: 'waits NotAnEndedPod' },
    { name: 'one without a phase', existing: { ...pod(), status: undefined }, want: 'waits NotAnEndedPod' },
    { name: 'of another revision', existing: pod({ labels: { ...POD_LABELS, 'slipway.dev/revision': 'reader-2' } }), want: 'waits NotAnEndedPod' },
    { name: 'of another model', existing: pod({ labels: { ...POD_LABELS, 'slipway.dev/model': 'other' } }), want: 'waits NotAnEndedPod' },
    { name: 'a resolver', existing: pod({ labels: { ...POD_LABELS, 'slipway.dev/component': 'resolve' } }), want: 'waits NotAnEndedPod' },
    { name: 'without labels', existing: pod({ labels: {} }), want: 'waits NotAnEndedPod' },
    { name: 'taken out of its ReplicaSet', existing: pod({ ownerReferences: [] }), want: 'waits NotAnEndedPod' },
    {
      name: 'owned by a ReplicaSet that does not control it',
      existing: pod({ ownerReferences: [{ ...replicaSet, controller: false }] }),
      want: 'waits NotAnEndedPod',
    },
    { name: 'of a Job', existing: pod({ ownerReferences: [{ ...replicaSet, apiVersion: 'batch/v1', kind: 'Job' }] }), want: 'waits NotAnEndedPod' },
    {
      name: 'of a ReplicaSet of another group',
      existing: pod({ ownerReferences: [{ ...replicaSet, apiVersion: 'kruise.test/v1' }] }),
      want: 'waits NotAnEndedPod',
    },
    {
      name: 'of a ReplicaSet of another Deployment',
      existing: pod({ ownerReferences: [{ ...replicaSet, name: 'reader-10-5d4f' }] }),
      want: 'waits NotAnEndedPod',
    },
    { name: 'something that is no pod', existing: { ...pod(), kind: 'Deployment' }, want: 'waits NotAnEndedPod' },
  ])('$name: $want', ({ existing, want }) => expect(verdict(() => checkEndedPod(existing, remains))).toBe(want));

  test.each<{ name: string; existing: KubeObject | undefined; want: string }>([
    { name: 'ours', existing: deployment([owner('u1')]), want: 'ours' },
    { name: 'of a deleted namesake', existing: deployment([owner('u0')]), want: 'waits NotOurDeployment' },
    { name: 'of nobody', existing: deployment([]), want: 'waits NotOurDeployment' },
    { name: 'not there', existing: undefined, want: 'waits NotOurDeployment' },
  ])('with a Deployment that is $name: $want', ({ existing, want }) => expect(verdict(() => checkDeployment(existing, remains))).toBe(want));
});
