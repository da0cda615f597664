import { SYSTEM_CLOCK } from '../../lib/clock.js';
import { FakeCluster } from '../fakes/fake-cluster.js';
import { describeContract } from './contract.js';

let cluster = new FakeCluster();

describeContract('FakeCluster', {
  make: async () => {
    cluster = new FakeCluster();
    return {
      namespace: 'shop',
      time: SYSTEM_CLOCK,
      patienceMs: 200,
      writer: cluster.writer,
      cache: async (resource) => cluster.cache(resource),
      hands: {
        create: async (resource, object) => cluster.create(resource, object),
        update: async (resource, key, patch) => cluster.update(resource, key, patch),
        patchStatus: async (resource, key, status) => cluster.patchStatus(resource, key, status),
        remove: async (resource, key) => cluster.remove(resource, key),
        get: async (resource, key) => cluster.get(resource, key),
      },
    };
  },
  unmake: async () => undefined,
});
