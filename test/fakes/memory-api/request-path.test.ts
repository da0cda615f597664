import { expect, test } from '@jest/globals';
import { parsePath } from './request-path.js';

const PODS = { apiVersion: 'v1', plural: 'pods', namespace: '', name: undefined, subresource: undefined };

test.each([
  ['/api/v1/pods', PODS],
  ['/api/v1/namespaces/shop/pods', { ...PODS, namespace: 'shop' }],
  ['/api/v1/namespaces/shop/pods/p', { ...PODS, namespace: 'shop', name: 'p' }],
  [
    '/apis/apps/v1/namespaces/shop/deployments/a%2Db/status',
    { apiVersion: 'apps/v1', plural: 'deployments', namespace: 'shop', name: 'a-b', subresource: 'status' },
  ],
  ['/api/v1/namespaces', { ...PODS, plural: 'namespaces' }],
  ['/api/v1/namespaces/shop', { ...PODS, plural: 'namespaces', name: 'shop' }],
  ['/api/v1/namespaces/shop/status', { ...PODS, plural: 'namespaces', name: 'shop', subresource: 'status' }],
  ['/api/v1/nodes/n/status', { ...PODS, plural: 'nodes', name: 'n', subresource: 'status' }],
  ['/version', undefined],
  ['/api/v1', undefined],
  ['/api/v1/namespaces/shop/pods/p/log/more', undefined],
])('%s', (path, want) => {
  expect(parsePath(path)).toEqual(want);
});
