import { describe, expect, test } from '@jest/globals';
import { configFiles } from './configs.js';
import { kwokFiles } from './kwok.js';
import { layoutOf } from './layout.js';
import { mountsOf, supervisorPlan } from './supervisor-plan.js';

const BINARIES = {
  kubebox: '/bin/kubebox-1/kubebox',
  kubectl: '/bin/kubebox-1/kubectl',
  nodebox: '/bin/nodebox-1/nodebox',
  crane: '/bin/nodebox-1/crane',
  pause: '/bin/nodebox-1/pause',
  coredns: '/bin/coredns-1/coredns',
  containerd: '/bin/containerd-1/containerd',
  helm: '/bin/helm4-1/helm',
};
const layout = layoutOf('/copy', 'dev', 7);
const cgroups = ['/sys/fs/cgroup/cpu/slipway/7/system/cgroup.procs', '/sys/fs/cgroup/pids/slipway/7/system/cgroup.procs'];
const plan = supervisorPlan(layout, BINARIES, { cgroups });
const KWOK = { nodes: 300, gpusPerNode: 8, alone: false, kwok: '/bin/kwok-1/kwok', responder: '/bin/kwok-1/pod-responder' };
const component = (name: string) => plan.components.find((one) => one.name === name);

test('every part of a Kubernetes is there, once', () => {
  expect(plan.components.map((one) => one.name).sort()).toEqual(
    [
      ...['containerd', 'coredns', 'etcd', 'gpu-plugin', 'kube-apiserver', 'kube-controller-manager'],
      ...['kube-proxy', 'kube-scheduler', 'kubelet', 'reaper', 'registry'],
    ].sort(),
  );
});

test('who talks to the API server waits for it, and it waits for etcd', () => {
  const waiting = plan.components.filter((one) => one.waitFor.includes('https://127.0.0.1:6443/readyz')).map((one) => one.name);
  expect(waiting.sort()).toEqual(['coredns', 'kube-controller-manager', 'kube-proxy', 'kube-scheduler', 'kubelet']);
  expect(component('kube-apiserver')?.waitFor).toEqual(['tcp://127.0.0.1:2379']);
  expect(component('kubelet')?.waitFor).toContain('unix:///run/containerd/containerd.sock');
});

test('the reaper, and it alone, outlives the supervisor to end what is in the cgroups', () => {
  expect(plan.components.filter((one) => one.deathSignal !== undefined)).toEqual([component('reaper')]);
  expect(component('reaper')).toMatchObject({ args: ['/sys/fs/cgroup/cpu/slipway/7', '/sys/fs/cgroup/pids/slipway/7'], deathSignal: 'SIGTERM' });
});

test('containerd finds the shim that was built with it before any other', () => {
  expect(component('containerd')?.env).toEqual([expect.stringMatching(/^PATH=\/bin\/containerd-1:/)]);
});

test('every file that a flag names below the state folder is written or made', () => {
  const made = new Set([
    ...Object.keys(configFiles(layout, { pauseImage: 'pause:1', snapshotter: 'overlayfs' })),
    'gpus.json',
    'registry',
    'etcd',
    'pki',
  ]);
  const named = plan.components.flatMap((one) => one.args).flatMap((flag) => flag.split(`${layout.stateDir}/`)[1] ?? []);
  expect(named.length).toBeGreaterThan(10);
  for (const path of named) expect(made).toContain(path.startsWith('pki') ? 'pki' : path);
});

test('what components keep in shared folders of the machine stays in the state folder or in memory', () => {
  for (const { source } of mountsOf(layout)) expect(source === '' || source.startsWith(`${layout.stateDir}/`)).toBe(true);
  expect(mountsOf(layout).map((mount) => mount.target)).toEqual(
    expect.arrayContaining(['/var/lib/kubelet', '/var/lib/cni', '/run/containerd', '/run/netns']),
  );
});

describe('with pretended nodes', () => {
  const withKwok = supervisorPlan(layout, BINARIES, { cgroups, kwok: KWOK });
  const names = withKwok.components.map(({ name }) => name);

  test('kwok and the responder run beside everything else, with files that are written', () => {
    expect(names).toEqual([...plan.components.map(({ name }) => name), 'kwok', 'pod-responder']);
    const args = withKwok.components.slice(-2).flatMap((one) => one.args);
    for (const file of Object.keys(kwokFiles())) expect(args.join(' ')).toContain(`${layout.stateDir}/${file}`);
  });

  test('alone, nothing is left of a real node', () => {
    const alone = supervisorPlan(layout, BINARIES, { cgroups, kwok: { ...KWOK, alone: true } });
    expect(alone.components.map(({ name }) => name)).toEqual([
      ...['reaper', 'etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'],
      ...['kwok', 'pod-responder'],
    ]);
  });

  test('the limits of clients are raised, and only then', () => {
    const qpsOf = (components: typeof plan.components): string | undefined =>
      components.find(({ name }) => name === 'kube-controller-manager')?.args.findLast((arg) => arg.startsWith('--kube-api-qps='));
    expect(qpsOf(plan.components)).toBe('--kube-api-qps=200');
    expect(qpsOf(withKwok.components)).toBe('--kube-api-qps=2000');
  });
});
