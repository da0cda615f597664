import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseProduct, sliceName } from './product-name.js';

describe('parseProduct', () => {
  test.each([
    ['NVIDIA L4', { product: 'nvidia-l4', isShared: false, slice: undefined }],
    ['NVIDIA-L4', { product: 'nvidia-l4', isShared: false, slice: undefined }],
    [' nvidia  l4 ', { product: 'nvidia-l4', isShared: false, slice: undefined }],
    ['NVIDIA-L4-SHARED', { product: 'nvidia-l4', isShared: true, slice: undefined }],
    ['NVIDIA-A100-SXM4-80GB', { product: 'nvidia-a100-sxm4-80gb', isShared: false, slice: undefined }],
    ['NVIDIA-A100-SXM4-80GB-MIG-1g.10gb', { product: 'nvidia-a100-sxm4-80gb', isShared: false, slice: '1g.10gb' }],
    ['NVIDIA-A100-SXM4-80GB-MIG-1g.10gb+me', { product: 'nvidia-a100-sxm4-80gb', isShared: false, slice: '1g.10gb.me' }],
    ['NVIDIA-H100-MIG-1c.2g.20gb-SHARED', { product: 'nvidia-h100', isShared: true, slice: '1c.2g.20gb' }],
    ['', { product: '', isShared: false, slice: undefined }],
  ])('%j', (name, want) => expect(parseProduct(name)).toEqual(want));
});

const word = fc.stringMatching(/^[A-Za-z0-9]{1,8}$/);
const profile = fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 5, max: 96 })).map(([g, gb]) => `${g}g.${gb}gb`);

test('what the label says of a product is what its driver says', () => {
  // feature discovery puts "-" for each blank and adds MIG-<profile> and SHARED with "-" (k8s-device-plugin, internal/lm/resource.go)
  const label = (name: string, slice: string | undefined, isShared: boolean): string =>
    [name.replaceAll(' ', '-'), ...(slice === undefined ? [] : ['MIG', slice]), ...(isShared ? ['SHARED'] : [])].join('-');
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), fc.option(profile, { nil: undefined }), fc.boolean(), (words, slice, isShared) => {
      const driver = `NVIDIA ${words.join(' ')} X`;
      const read = parseProduct(label(driver, slice, isShared));
      expect(read).toEqual({ product: parseProduct(driver).product, isShared, slice });
      expect(parseProduct(read.product).product).toBe(read.product);
    }),
  );
});

test('a profile is spelled as a resource can be', () => expect(sliceName('1g.10gb+ME')).toBe('1g.10gb.me'));
