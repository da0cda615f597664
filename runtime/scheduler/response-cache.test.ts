import { describe, expect, test } from '@jest/globals';
import { makeInputs, makeItem } from '../../test/runtime/make-work-item.js';
import type { Tensor } from '../core/tensor.js';
import { computeRequestKey, RequestKeys } from './request-key.js';
import { ResponseCache } from './response-cache.js';

function makeTensor(bytes: number, name = 'y'): Tensor {
  return { name, datatype: 'UINT8', shape: [bytes], data: new Uint8Array(bytes) };
}

describe('the cache', () => {
  test('lets the least recently used go, and keeps to its bytes', () => {
    const cache = new ResponseCache(4000);
    for (const key of ['a', 'b', 'c']) cache.set(key, [makeTensor(400)]);
    cache.get('a');
    cache.set('d', [makeTensor(400)]);
    expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key) !== undefined)).toEqual([true, false, true, true]);
    cache.set('whole', [makeTensor(5000)]);
    expect([cache.get('whole'), cache.count]).toEqual([undefined, 3]);
    expect(cache.bytes).toBeLessThanOrEqual(4000);
    cache.clear();
    expect([cache.count, cache.bytes]).toEqual([0, 0]);
  });

  test('keeps a copy of the row and not the memory of the batch', () => {
    const cache = new ResponseCache(4000);
    const batch = new Uint8Array(1000).fill(1);
    cache.set('a', [{ name: 'y', datatype: 'UINT8', shape: [2], data: batch.subarray(10, 12) }]);
    batch.fill(2);
    const data = cache.get('a')?.[0]?.data;
    expect([data?.buffer.byteLength, ...(data ?? [])]).toEqual([2, 1, 1]);
  });
});

describe('the key of a request', () => {
  const base = { inputs: makeInputs({ first: 1, rows: 2 }), outputs: ['y', 'z'] };
  const [x, s] = base.inputs as [Tensor, Tensor];
  test.each([
    ['another name', { ...base, inputs: [{ ...x, name: 'xx' }, s] }],
    ['another datatype', { ...base, inputs: [{ ...x, datatype: 'UINT32' as const }, s] }],
    ['another shape of as many bytes', { ...base, inputs: [{ ...x, shape: [4, 1] }, s] }],
    ['other bytes', { ...base, inputs: makeInputs({ first: 2, rows: 2 }) }],
    ['an input less', { ...base, inputs: [x] }],
    [
      'the same bytes in other inputs',
      {
        ...base,
        inputs: [
          { ...x, data: new Uint8Array() },
          { ...s, data: Uint8Array.from([...x.data, ...s.data]) },
        ],
      },
    ],
    ['other outputs', { ...base, outputs: ['y'] }],
    ['outputs in another order', { ...base, outputs: ['z', 'y'] }],
    ['outputs whose names run together', { ...base, outputs: ['yz'] }],
  ])('differs with %s', (_name, other) => {
    expect(computeRequestKey('d', other)).not.toBe(computeRequestKey('d', base));
  });

  test('differs with the model, is the same for copies, and for large requests, too', () => {
    expect(computeRequestKey('e', base)).not.toBe(computeRequestKey('d', base));
    expect(computeRequestKey('d', { ...base, inputs: makeInputs({ first: 1, rows: 2 }) })).toBe(computeRequestKey('d', base));
    const large = (first: number) => computeRequestKey('d', makeItem({ first, rows: 5000 }));
    const once = large(1);
    expect([large(1) === once, large(2) === once]).toEqual([true, false]);
    const keys = new RequestKeys('d');
    expect(keys.keyOf(base)).toBe(computeRequestKey('d', base));
    expect(keys.keyOf({ ...base, outputs: ['y'] })).toBe(computeRequestKey('d', { ...base, outputs: ['y'] }));
  });
});
