import { beforeEach, describe, expect, test } from '@jest/globals';
import { FakeClock } from '../../test/fakes/fake-clock.js';
import { FakeCluster } from '../../test/fakes/fake-cluster.js';
import type { KubeObject, Ownership, ResourceKind } from '../ports.js';
import { OwnWrites } from './own-writes.js';
import { ShowingWriter } from './showing-writer.js';

const SERVICES: ResourceKind = { apiVersion: 'v1', kind: 'Service', plural: 'services' };
const OURS: Ownership = { kind: 'ManagedBy' };
const KEY = { namespace: 'shop', name: 'web' };

let clock: FakeClock;
let cluster: FakeCluster;
let cache: OwnWrites;
let writer: ShowingWriter;
beforeEach(() => {
  clock = new FakeClock();
  cluster = new FakeCluster(clock);
  cache = new OwnWrites({ cache: cluster.cache(SERVICES), clock });
  writer = new ShowingWriter(cluster.writer, ({ plural }) => (plural === SERVICES.plural ? cache : undefined));
});

const service = (tier: string, name = 'web', model = 'reader'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'shop', labels: { 'app.kubernetes.io/managed-by': 'slipway-operator', 'slipway.dev/model': model } },
  spec: { tier },
});
const apply = (tier: string, name = 'web') => writer.apply(SERVICES, service(tier, name), OURS);
const tiers = () =>
  cache.list({ namespace: 'shop', labels: { 'slipway.dev/model': 'reader' } }).map((object) => [object.metadata.name, object['spec']]);

describe('a cache that lags', () => {
  test('shows what we made, by name and in lists', async () => {
    await apply('a', 'old');
    cluster.freeze(SERVICES);
    await apply('b');
    expect(cache.get(KEY)).toMatchObject({ spec: { tier: 'b' }, metadata: { uid: expect.any(String) } });
    expect(tiers()).toEqual([
      ['old', { tier: 'a' }],
      ['web', { tier: 'b' }],
    ]);
  });

  test('shows what we changed once, in its newest form, and of other models nothing', async () => {
    await apply('a');
    cluster.freeze(SERVICES);
    await apply('b');
    await apply('c');
    expect(cache.get(KEY)).toMatchObject({ spec: { tier: 'c' } });
    expect(tiers()).toEqual([['web', { tier: 'c' }]]);
    expect(cache.list({ namespace: 'shop', labels: { 'slipway.dev/model': 'other' } })).toEqual([]);
  });

  test('is believed again as soon as it shows anything else of the object', async () => {
    await apply('a');
    cluster.freeze(SERVICES);
    await apply('b');
    cluster.update(SERVICES, KEY, { spec: { tier: 'theirs' } });
    cluster.thaw(SERVICES);
    expect(cache.get(KEY)).toMatchObject({ spec: { tier: 'theirs' } });
    expect(tiers()).toEqual([['web', { tier: 'theirs' }]]);
  });

  test('is believed again after ten seconds: what we made may have gone unseen', async () => {
    cluster.freeze(SERVICES);
    await apply('a');
    cluster.remove(SERVICES, KEY);
    await clock.advance(9_999);
    expect(cache.get(KEY)).toBeDefined();
    await clock.advance(1);
    expect(cache.get(KEY)).toBeUndefined();
    expect(tiers()).toEqual([]);
  });

  test('tells of what it showed and no watch has brought: who decided by it has to look again', async () => {
    const told: string[] = [];
    cache.onUnseen(({ metadata }) => told.push(metadata.name));
    cluster.freeze(SERVICES);
    await apply('a', 'gone');
    await clock.advance(4_000);
    await apply('a', 'late');
    await apply('a', 'seen');
    cluster.remove(SERVICES, { namespace: 'shop', name: 'gone' });
    await clock.advance(5_999);
    expect(told).toEqual([]);
    await clock.advance(1);
    expect(told).toEqual(['gone']);
    cluster.remove(SERVICES, { namespace: 'shop', name: 'late' });
    cluster.thaw(SERVICES);
    await clock.advance(10_000);
    expect(told).toEqual(['gone', 'late']);
  });

  test('is believed at once when it showed something new while we wrote', async () => {
    await apply('a');
    const slow = new ShowingWriter(
      {
        ...{
          create: async (_, object) => object,
          delete: async () => undefined,
          confirm: async () => undefined,
          applyStatus: async (_, object) => object,
        },
        apply: async (resource, object, ownership) => {
          const stored = await cluster.writer.apply(resource, object, ownership);
          cluster.update(SERVICES, KEY, { spec: { tier: 'newer' } });
          return stored;
        },
      },
      () => cache,
    );
    await slow.apply(SERVICES, service('b'), OURS);
    expect(cache.get(KEY)).toMatchObject({ spec: { tier: 'newer' } });
  });

  test('shows what we deleted for as long as it does, and a write that failed never', async () => {
    await apply('a');
    cluster.freeze(SERVICES);
    await apply('b');
    await writer.delete(SERVICES, KEY, OURS);
    expect(cache.get(KEY)).toMatchObject({ spec: { tier: 'a' } });
    cluster.failNext('apply', 'Service', new Error('refused'));
    await expect(apply('c', 'other')).rejects.toThrow('refused');
    expect(cache.get({ ...KEY, name: 'other' })).toBeUndefined();
  });

  test('shows what was created at once, too', async () => {
    cluster.freeze(SERVICES);
    await writer.create(SERVICES, service('a'), OURS);
    expect(cache.get(KEY)).toMatchObject({ spec: { tier: 'a' } });
  });

  test('keeps what is kept of an object, and writes of kinds that are not watched go by', async () => {
    cache = new OwnWrites({ cache: cluster.cache(SERVICES), clock, transform: ({ spec: _, ...rest }) => rest });
    cluster.freeze(SERVICES);
    await apply('a');
    expect(cache.get(KEY)).not.toHaveProperty('spec');
    const other: ResourceKind = { apiVersion: 'v1', kind: 'Pod', plural: 'pods' };
    await writer.apply(other, { ...service('x'), kind: 'Pod' }, OURS);
    expect(cluster.get(other, KEY)).toBeDefined();
  });
});
