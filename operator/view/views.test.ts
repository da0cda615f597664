/** Views are total: whatever JSON comes, they give something of their type. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { makeModelDeployment } from '../../test/builders/model-deployment.js';
import { makePod } from '../../test/builders/pod.js';
import type { KubeObject } from '../ports.js';
import { viewDeployment } from './deployment-view.js';
import { asTimeMs, isSameJson } from './json.js';
import { isModelDeployment } from './model-view.js';
import { viewPod } from './pod-view.js';
import { viewRevision } from './revision-view.js';

const odd = (fields: Record<string, unknown>): KubeObject => ({ apiVersion: 'v1', kind: 'X', metadata: { name: 'x' }, ...fields });

describe('isSameJson', () => {
  test.each([
    ['the same', { a: [1, { b: 'c' }] }, { a: [1, { b: 'c' }] }, true],
    ['other order of keys', { a: 1, b: 2 }, { b: 2, a: 1 }, true],
    ['undefined is absent', { a: 1, b: undefined }, { a: 1 }, true],
    ['absent is undefined', { a: 1 }, { a: 1, b: undefined }, true],
    ['undefined against something', { b: undefined }, { b: 1 }, false],
    ['a key more', { a: 1 }, { a: 1, b: null }, false],
    ['other order in a list', [1, 2], [2, 1], false],
    ['a longer list', [1], [1, 1], false],
    ['a list against a record', [], {}, false],
    ['text against number', { a: '1' }, { a: 1 }, false],
    ['nothing against an empty record', undefined, {}, false],
  ])('%s', (_, left, right, want) => {
    expect([isSameJson(left, right), isSameJson(right, left)]).toEqual([want, want]);
  });
});

describe('views', () => {
  test('never throw', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('spec', 'status', 'data', 'revision'), fc.jsonValue()),
        fc.dictionary(fc.string(), fc.string()),
        (fields, annotations) => {
          const object = { ...odd(fields), metadata: { name: 'x', annotations } };
          expect(Number.isInteger(viewDeployment(object).desired)).toBe(true);
          expect(Array.isArray(viewPod(object).containers)).toBe(true);
          expect(typeof viewRevision(object).digest).toBe('string');
          expect(isModelDeployment(object)).toBe(false);
        },
      ),
    );
  });

  test('evidence that somebody spoiled counts as none', () => {
    const failed = (text: string) => viewRevision({ ...odd({}), metadata: { name: 'x', annotations: { 'slipway.dev/failed': text } } }).failed;
    expect(failed('{')).toBeUndefined();
    expect(failed('[]')).toBeUndefined();
    expect(failed('{"generation":3,"count":"many"}')).toMatchObject({ generation: 3, count: 0, reason: '' });
    expect(failed('{"fetched":{"bytes":"many"}}')?.fetched).toEqual({});
    expect(failed('{"fetched":7}')?.fetched).toBeUndefined();
  });

  test('a Deployment whose controller lags is not current', () => {
    const deployment = (observedGeneration: number): KubeObject => ({
      ...odd({ spec: { replicas: 2 }, status: { observedGeneration } }),
      metadata: { name: 'x', generation: 2 },
    });
    expect([viewDeployment(deployment(1)).isCurrent, viewDeployment(deployment(2)).isCurrent]).toEqual([false, true]);
  });

  test('a pod is ready only when its condition says so', () => {
    expect([makePod().view().isReady, makePod().ready().view().isReady]).toEqual([false, true]);
  });

  test('times that are none are undefined', () =>
    expect([asTimeMs('soon'), asTimeMs(3), asTimeMs('1970-01-01T00:00:01Z')]).toEqual([undefined, undefined, 1000]));

  test('a ModelDeployment is known by kind and uri', () => expect(isModelDeployment(makeModelDeployment().obj())).toBe(true));
});
