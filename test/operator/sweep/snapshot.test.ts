import { describe, expect, test } from '@jest/globals';
import { KINDS } from '../../../operator/api/kinds.js';
import type { KubeObject } from '../../../operator/ports.js';
import { describeDifference, snapshotOf } from './snapshot.js';

function pod(name: string, status: object, namespace = 'sweep-1'): KubeObject {
  const metadata = { name, namespace, uid: name, resourceVersion: name, creationTimestamp: '2026-01-01T00:00:00Z' };
  return { apiVersion: 'v1', kind: KINDS.pod.kind, metadata, status };
}

const of = (pods: readonly KubeObject[], namespace = 'sweep-1') => snapshotOf((kind) => (kind === 'pod' ? pods : []), namespace);

describe('snapshotOf', () => {
  test('is the same whatever chance and the server set', () => {
    const one = [pod('reader-0123abcd-5d4f9c8b7-abcde', { at: '2026-01-01T00:00:00Z', conditions: [{ type: 'B' }, { type: 'A' }] })];
    const other = [pod('reader-0123abcd-5d4f9c8b7-vwxyz', { conditions: [{ type: 'A' }, { type: 'B' }], at: '2026-02-02T01:02:03.456Z' }, 'sweep-2')];
    expect(of(one)).toEqual(of(other, 'sweep-2'));
  });
  test('counts the pods of one name', () => {
    const pods = ['abcde', 'vwxyz'].map((end) => pod(`reader-0123abcd-5d4f9c8b7-${end}`, {}));
    expect(Object.keys(of(pods))).toEqual(['Pod/reader-0123abcd-5d4f9c8b7-POD#0', 'Pod/reader-0123abcd-5d4f9c8b7-POD#1']);
  });
});

test('describeDifference tells what is missing, too much, and different', () => {
  expect(describeDifference({ a: 'x', b: 'same', c: 'one' }, { b: 'same', c: 'two', d: 'y' })).toEqual([
    'a is missing',
    expect.stringMatching(/^c differs: want …one…, got …two…$/),
    'd is there and should not be',
  ]);
  expect(describeDifference({ a: 'x' }, { a: 'x' })).toEqual([]);
});
