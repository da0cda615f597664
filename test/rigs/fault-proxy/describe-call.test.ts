import { describe, expect, test } from '@jest/globals';
import { describeCall } from './describe-call.js';

describe('describeCall', () => {
  test.each([
    ['GET', '/api/v1/pods?limit=5', { verb: 'list', resource: 'pods', namespace: '', name: '', isWrite: false }],
    ['GET', '/api/v1/namespaces/shop/pods?watch=true', { verb: 'watch', resource: 'pods', namespace: 'shop' }],
    ['GET', '/apis/apps/v1/namespaces/shop/deployments/a%2Fb', { verb: 'get', resource: 'deployments', name: 'a/b' }],
    ['PATCH', '/apis/slipway.dev/v1alpha1/namespaces/shop/modeldeployments/reader/status', { verb: 'patch', subresource: 'status', isWrite: true }],
    ['POST', '/apis/apps/v1/namespaces/shop/deployments', { verb: 'create', resource: 'deployments', name: '', isWrite: true }],
    ['DELETE', '/api/v1/namespaces/shop', { verb: 'delete', resource: 'namespaces', namespace: '', name: 'shop' }],
    ['PUT', '/api/v1/namespaces/shop/services/x', { verb: 'update', resource: 'services' }],
    ['GET', '/version', { verb: 'other', resource: '' }],
    ['GET', '/apis/apps/v1', { verb: 'other', resource: '' }],
    ['OPTIONS', '/api/v1/pods', { verb: 'other', isWrite: false }],
  ])('%s %s', (method, target, want) => {
    expect(describeCall('me', method, target)).toMatchObject({ who: 'me', ...want });
  });
});
