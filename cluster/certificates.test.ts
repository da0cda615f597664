import { expect, test } from '@jest/globals';
import { certificateRequests } from './certificates.js';
import { configFiles } from './configs.js';
import { layoutOf } from './layout.js';

const layout = layoutOf('/copy', 'dev', 7);
const requests = certificateRequests(layout);
const named = (name: string) => requests.find((request) => request.name === name);

test('no two components share an identity', () => {
  expect(new Set(requests.map((request) => request.commonName)).size).toBe(requests.length);
  expect(new Set(requests.map((request) => request.name)).size).toBe(requests.length);
});

test('the API server serves the addresses and names by which it is called, from the host and from pods', () => {
  expect(named('apiserver')?.hosts).toEqual(
    expect.arrayContaining(['127.0.0.1', '10.96.0.1', '10.201.7.2', 'kubernetes', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local']),
  );
});

test('the kubelet is the node that it registers, so that the node authorizer lets it', () => {
  expect(named('kubelet')).toEqual({
    name: 'kubelet',
    commonName: 'system:node:slipway-dev',
    organization: 'system:nodes',
    hosts: ['10.201.7.2', 'slipway-dev'],
  });
});

test('nobody is an administrator but the owner, and the API server towards kubelets', () => {
  const masters = requests.filter((request) => request.organization === 'system:masters').map((request) => request.name);
  expect(masters.sort()).toEqual(['admin', 'apiserver-kubelet-client']);
});

test('every kubeconfig has its certificate', () => {
  const kubeconfigs = Object.keys(configFiles(layout, { pauseImage: 'pause:1', snapshotter: 'overlayfs' })).filter((file) =>
    file.endsWith('.kubeconfig'),
  );
  expect(kubeconfigs).not.toHaveLength(0);
  for (const file of kubeconfigs) expect(named(file.replace('.kubeconfig', ''))).toBeDefined();
});
