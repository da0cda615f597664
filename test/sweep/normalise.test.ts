import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../operator/ports.js';
import { normalise, normaliseAll, REMOVED_FIELDS } from './normalise.js';

const make = (fields: Record<string, unknown> = {}, name = 'reader'): KubeObject => ({
  ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'shop' } },
  ...fields,
});

describe('normalise', () => {
  test.each(Object.keys(REMOVED_FIELDS))('%s makes no difference, wherever it stands', (field) => {
    expect(normalise(make({ status: { inner: [{ [field]: 1 }] } }))).toBe(normalise(make({ status: { inner: [{ [field]: 2 }] } })));
  });

  test('the order of keys makes none, the order of lists does', () => {
    expect(normalise(make({ spec: { a: 1, b: 2 } }))).toBe(normalise(make({ spec: { b: 2, a: 1 } })));
    expect(normalise(make({ spec: [1, 2] }))).not.toBe(normalise(make({ spec: [2, 1] })));
  });

  test('all else does', () => {
    expect(normalise(make({ spec: { replicas: 1 } }))).not.toBe(normalise(make({ spec: { replicas: 2 } })));
    expect(normalise(make({ status: { message: 'a' } }))).not.toBe(normalise(make({ status: { message: 'b' } })));
  });

  test('pods are compared by what they are and how many, not by their numbers', () => {
    const pod = (name: string, phase = 'Running'): KubeObject => ({ ...make({ status: { phase } }, name), kind: 'Pod' });
    const two = normaliseAll([pod('a-5d4f-0'), pod('a-5d4f-1')]);
    expect(normaliseAll([pod('a-5d4f-7'), pod('a-5d4f-3')])).toEqual(two);
    expect(normaliseAll([pod('a-5d4f-0')])).not.toEqual(two);
    expect(normaliseAll([pod('a-5d4f-0'), pod('a-5d4f-1', 'Pending')])).not.toEqual(two);
  });
});
