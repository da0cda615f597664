import { expect, test } from '@jest/globals';
import { kubeCacheOf } from './exec.js';

test.each([
  {
    name: 'of a local cluster',
    args: ['get', 'mdep', '--kubeconfig', '/a/.slipway/clusters/dev/kubeconfig'],
    want: '/a/.slipway/clusters/dev/kube-cache',
  },
  { name: 'of a test', args: ['--kubeconfig', '/tmp/slipway-x/kubeconfig', 'get', 'mdep'], want: '/tmp/slipway-x/kube-cache' },
  { name: 'of a cluster of the user', args: ['--kubeconfig', '/home/me/.kube/config', 'get', 'mdep'], want: undefined },
  { name: 'of another program', args: ['-c', 'true'], want: undefined },
])('what kubectl learns $name is kept at $want', ({ args, want }) => {
  expect(kubeCacheOf(args)['KUBECACHEDIR']).toBe(want);
});
