import { describe, expect, test } from '@jest/globals';
import { configFiles, kubeconfigData } from './configs.js';
import { layoutOf } from './layout.js';

const layout = layoutOf('/copy', 'dev', 7);
const files = configFiles(layout, { pauseImage: 'registry.slipway.internal:5000/slipway/pause:abc', snapshotter: 'native' });
const json = (name: string): unknown => JSON.parse(files[name] ?? '');

test('nothing is a token: every identity is a certificate', () => {
  for (const [name, text] of Object.entries(files)) if (name.endsWith('kubeconfig')) expect(text).not.toContain('token');
});

describe('containerd', () => {
  test('takes the pause image of this build, and registries from the state folder', () => {
    expect(files['containerd.toml']).toContain('sandbox = "registry.slipway.internal:5000/slipway/pause:abc"');
    expect(files['containerd.toml']).toContain('config_path = "/copy/.slipway/clusters/dev/registries"');
  });

  test('keeps images the way that the file system allows', () => {
    expect(files['containerd.toml']).toContain('snapshotter = "native"');
  });

  test('pulls the registry by its name from the node address, over plain HTTP', () => {
    expect(files['registries/registry.slipway.internal:5000/hosts.toml']).toBe(
      'server = "http://10.201.7.2:5000"\n[host."http://10.201.7.2:5000"]\n  capabilities = ["pull", "resolve"]\n',
    );
  });
});

describe('kubelet', () => {
  test('lives in the cgroup of its slot, asks CoreDNS, and lets nobody in without a certificate or the API server', () => {
    expect(json('kubelet.json')).toMatchObject({
      cgroupRoot: '/slipway/7',
      clusterDNS: ['10.201.7.2'],
      containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
      authentication: { anonymous: { enabled: false } },
      authorization: { mode: 'Webhook' },
    });
  });
});

test('kube-proxy leaves the connection tracking of the machine alone', () => {
  expect(json('kube-proxy.json')).toMatchObject({ mode: 'iptables', conntrack: { maxPerCore: 0, min: 0 } });
});

test('CoreDNS knows the registry, the cluster, and nothing of the rest of the world', () => {
  expect(files['Corefile']).toMatch(/10\.201\.7\.2 registry\.slipway\.internal/);
  expect(files['Corefile']).toMatch(/kubernetes cluster\.local[\s\S]*template ANY ANY \{\s+rcode NXDOMAIN/);
});

test('the kubeconfig of people holds everything in itself, under a context named after the cluster', () => {
  const config = kubeconfigData(layout, { ca: 'CA', certificate: 'CERT', key: 'KEY' });
  expect(JSON.parse(config)).toMatchObject({
    'current-context': 'slipway-dev',
    clusters: [{ cluster: { server: 'https://10.201.7.2:6443', 'certificate-authority-data': 'Q0E=' } }],
    users: [{ user: { 'client-certificate-data': 'Q0VSVA==', 'client-key-data': 'S0VZ' } }],
  });
  expect(config).not.toContain(layout.stateDir);
});

test('CoreDNS may read what it answers with, and no Secret', () => {
  const rules = (files['coredns-policy.jsonl'] ?? '')
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  expect(rules).toHaveLength(3);
  for (const rule of rules) expect(rule).toMatchObject({ spec: { user: 'slipway-coredns', readonly: true } });
  expect(JSON.stringify(rules)).not.toMatch(/secrets|"resource":"\*"/);
});
