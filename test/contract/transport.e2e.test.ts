/** lib/kube against a real API server that is busy, frozen, and killed. Only on a local cluster, whose API server may be harmed. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { ClusterHandle } from '../../cluster/cluster.js';
import { readSupervisor } from '../../cluster/supervisor.js';
import { upCluster } from '../../cluster/up.js';
import { Phases } from '../../hack/phases.js';
import { resourcePath } from '../../lib/kube/resource-path.js';

import type { Cache, ResourceKind } from '../../operator/ports.js';
import { eventually } from './eventually.js';
import { clusterOfTests, KubeWorlds } from './kube-world.js';
import type { World } from './world.js';

const CONFIG_MAPS: ResourceKind = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps' };
const PATIENCE_MS = 60_000;

/** Nobody's own API server is killed here. */
const testLocally = process.env['SLIPWAY_CLUSTER_CONTEXT'] === undefined ? test : test.skip;

let cluster: ClusterHandle;
let worlds: KubeWorlds;
let world: World;
beforeAll(async () => {
  cluster = await clusterOfTests();
  worlds = await KubeWorlds.open();
});
afterAll(() => worlds.close());
beforeEach(async () => {
  world = await worlds.make();
});
afterEach(() => worlds.unmake());

const own = (fd: string): string => {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ''; // it was closed meanwhile
  }
};
/** This process's established ones to port 6443, as the kernel counts them. */
function sockets(): number {
  const inodes = new Set(readdirSync('/proc/self/fd').map((fd) => /^socket:\[(\d+)\]$/.exec(own(fd))?.[1]));
  const lines = readFileSync('/proc/self/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  return lines.filter(([, , remote = '', state, , , , , , inode]) => remote.endsWith(':192B') && state === '01' && inodes.has(inode)).length;
}
const create = (name: string) =>
  world.hands.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: world.namespace, name } });
const namesIn = (cache: Cache) =>
  cache
    .list({ namespace: world.namespace })
    .map(({ metadata }) => metadata.name)
    .filter((name) => name !== 'kube-root-ca.crt')
    .sort();

function apiServer() {
  if (cluster.local === undefined) throw new Error('This is no local cluster');
  return readSupervisor(cluster.local)?.components.find(({ name }) => name === 'kube-apiserver');
}

function apiServerPid(): number {
  const pid = apiServer()?.pid;
  if (pid === undefined) throw new Error('The API server does not run');
  return pid;
}

testLocally('watches and hundreds of calls at once are at most four sockets, two when it is quieter', async () => {
  const caches = await Promise.all(
    ['configmaps', 'services', 'pods', 'events', 'endpoints'].map((plural) => world.cache({ ...CONFIG_MAPS, plural })),
  );
  expect(sockets()).toBe(2);
  const path = resourcePath(CONFIG_MAPS, { namespace: world.namespace });
  await Promise.all(Array.from({ length: 500 }, () => worlds.transport.request({ method: 'GET', path })));
  expect(caches).toHaveLength(5);
  expect(sockets()).toBe(3); // 500 are more than the 100 streams of one session
});

testLocally(
  'an API server that is killed and comes back: the copy stays readable, and has in the end what happened meanwhile',
  async () => {
    const cache = await world.cache(CONFIG_MAPS);
    await create('before');
    await eventually(
      'the object',
      PATIENCE_MS,
      () => namesIn(cache),
      (names) => names.join() === 'before',
    );
    process.kill(apiServerPid(), 'SIGKILL');
    await expect(
      eventually(
        'a call to fail',
        PATIENCE_MS,
        () => create('lost'),
        () => false,
      ),
    ).rejects.toThrow(/got no answer/);
    expect(namesIn(cache)).toEqual(['before']);
    await eventually(
      'the supervisor to see its end',
      PATIENCE_MS,
      () => apiServer()?.phase,
      (phase) => phase === 'exited',
    );
    await upCluster({ name: cluster.name }, new Phases(() => undefined));
    await create('after');
    await eventually(
      'the copy to catch up',
      PATIENCE_MS,
      () => namesIn(cache),
      (names) => names.includes('after'),
    );
  },
  180_000,
);

testLocally(
  'an API server that is frozen is found by a PING, and what was open is made anew',
  async () => {
    const cache = await world.cache(CONFIG_MAPS);
    const pid = apiServerPid();
    process.kill(pid, 'SIGSTOP');
    const begin = Date.now();
    try {
      await expect(create('frozen')).rejects.toThrow('answered no HTTP/2 PING for 10000 ms: the connection was given up');
      expect(Date.now() - begin).toBeLessThan(28_000);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await create('thawed');
    await eventually(
      'the copy to catch up',
      PATIENCE_MS,
      () => namesIn(cache),
      (names) => names.includes('thawed'),
    );
  },
  180_000,
);
