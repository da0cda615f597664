import { describe, expect, test } from '@jest/globals';
import { WaitingError } from '../../lib/errors.js';
import { type KubeObject, type OwnerReference, type Ownership, OwnershipError } from '../ports.js';
import { checkOwnership } from './ownership.js';

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
