import { expect, test } from '@jest/globals';
import type { KubeObject } from '../ports.js';
import { ABSENT, checkFreshness } from './freshness.js';

const LABELS = { 'app.kubernetes.io/managed-by': 'slipway-operator', 'slipway.dev/model': 'reader' };
const object = (resourceVersion: string | undefined, labels: Record<string, string> = LABELS): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'reader-1a2b3c4d', labels, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
});

test.each([
  { name: 'nothing was said of a version', existing: object('7'), desired: object(undefined), isFresh: true },
  { name: 'it is as it was seen', existing: object('7'), desired: object('7'), isFresh: true },
  { name: 'it was written since', existing: object('8'), desired: object('7'), isFresh: false },
  { name: 'it was deleted since', existing: undefined, desired: object('7'), isFresh: false },
  { name: 'it is not there, as was seen', existing: undefined, desired: object(ABSENT), isFresh: true },
  { name: 'it was made since', existing: object('8'), desired: object(ABSENT), isFresh: false },
  { name: 'it has lost a label that it is found by', existing: object('8', {}), desired: object(ABSENT), isFresh: true },
  { name: 'it has another label besides', existing: object('8', { ...LABELS, team: 'a' }), desired: object(ABSENT), isFresh: false },
])('$name', ({ existing, desired, isFresh }) => {
  if (isFresh) expect(() => checkFreshness(existing, desired)).not.toThrow();
  else expect(() => checkFreshness(existing, desired)).toThrow('changed since it was looked at');
});
