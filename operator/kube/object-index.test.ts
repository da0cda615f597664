import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../ports.js';
import { ObjectIndex } from './object-index.js';

const MODEL = 'slipway.dev/model';
const pod = (namespace: string, name: string, labels: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace, name, labels },
});
const names = (objects: readonly KubeObject[]) => objects.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).sort();

describe('ObjectIndex', () => {
  test('finds by namespace, by model and by any label', () => {
    const index = new ObjectIndex();
    index.put(pod('shop', 'a', { [MODEL]: 'reader', tier: 'x' }));
    index.put(pod('shop', 'b', { [MODEL]: 'reader' }));
    index.put(pod('shop', 'c'));
    index.put(pod('lab', 'a', { [MODEL]: 'reader' }));
    expect(names(index.list({}))).toEqual(['lab/a', 'shop/a', 'shop/b', 'shop/c']);
    expect(names(index.list({ namespace: 'shop' }))).toEqual(['shop/a', 'shop/b', 'shop/c']);
    expect(names(index.list({ namespace: 'shop', labels: { [MODEL]: 'reader' } }))).toEqual(['shop/a', 'shop/b']);
    expect(names(index.list({ namespace: 'shop', labels: { [MODEL]: 'reader', tier: 'x' } }))).toEqual(['shop/a']);
    expect(names(index.list({ labels: { [MODEL]: 'reader' } }))).toEqual(['lab/a', 'shop/a', 'shop/b']);
    expect(index.list({ namespace: 'shop', labels: { [MODEL]: 'other' } })).toEqual([]);
    expect(index.get('shop', 'c')?.metadata.name).toBe('c');
  });
  test('an object that changes its model is found under the new one alone', () => {
    const index = new ObjectIndex();
    index.put(pod('shop', 'a', { [MODEL]: 'reader' }));
    index.put(pod('shop', 'a', { [MODEL]: 'writer' }));
    expect(index.list({ namespace: 'shop', labels: { [MODEL]: 'reader' } })).toEqual([]);
    expect(names(index.list({ namespace: 'shop', labels: { [MODEL]: 'writer' } }))).toEqual(['shop/a']);
    index.put(pod('shop', 'a'));
    expect(index.list({ namespace: 'shop', labels: { [MODEL]: 'writer' } })).toEqual([]);
    index.remove(pod('shop', 'a'));
    expect(index.list({})).toEqual([]);
  });
});
