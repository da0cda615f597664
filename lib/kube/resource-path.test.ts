import { describe, expect, test } from '@jest/globals';
import { type ResourceRef, resourcePath } from './resource-path.js';

const PODS = { apiVersion: 'v1', plural: 'pods' };
const MODELS = { apiVersion: 'slipway.dev/v1alpha1', plural: 'modeldeployments' };

describe('resourcePath', () => {
  test.each<{ name: string; resource: typeof PODS; ref?: ResourceRef; want: string }>([
    { name: 'a core kind everywhere', resource: PODS, want: '/api/v1/pods' },
    { name: 'a core kind in a namespace', resource: PODS, ref: { namespace: 'shop' }, want: '/api/v1/namespaces/shop/pods' },
    { name: 'an empty namespace is none', resource: PODS, ref: { namespace: '', name: 'p' }, want: '/api/v1/pods/p' },
    {
      name: 'a subresource of a group',
      resource: MODELS,
      ref: { namespace: 'shop', name: 'reader', subresource: 'status' },
      want: '/apis/slipway.dev/v1alpha1/namespaces/shop/modeldeployments/reader/status',
    },
    { name: 'names cannot leave their place', resource: PODS, ref: { namespace: '../x', name: 'a/b' }, want: '/api/v1/namespaces/..%2Fx/pods/a%2Fb' },
  ])('$name', ({ resource, ref, want }) => expect(resourcePath(resource, ref)).toBe(want));
});
