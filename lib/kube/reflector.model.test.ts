/**
 * Random histories of a collection under random faults, in virtual time: in the end the copy is what the server has, what the
 * listeners heard adds up to the same, and no object ever went back in time or came back from the dead on the way.
 */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FakeClock } from '../../test/fakes/fake-clock.js';
import { CALL_FAULTS, FaultyWatchServer, WATCH_FAULTS } from '../../test/fakes/faulty-watch-server.js';
import { objectId } from './kube-object.js';
import type { StoreChange } from './object-store.js';
import { Reflector } from './reflector.js';
import { isOlder } from './resource-version.js';
import { KubeTransport } from './transport.js';

type Step = (world: { readonly server: FaultyWatchServer; readonly clock: FakeClock }) => void | Promise<void>;

const RELIST_MS = 300_000;
const name = fc.constantFrom('a', 'b', 'c', 'd', 'e');
/** What chance alone seldom brings together. */
const scenes: readonly Step[] = [
  ({ server }) => {
    server.disturb('Lose');
    server.write('a'); // lost
    server.write('b'); // and not asked for again, since this was seen
  },
  async ({ server, clock }) => {
    server.write('c');
    await clock.advance(1000);
    server.disturb('Cut');
    server.delete('c');
    await clock.advance(15_000);
    server.disturb('LateAgain');
  },
];
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(...scenes) },
  {
    weight: 5,
    arbitrary: name.map(
      (name): Step =>
        ({ server }) =>
          server.write(name),
    ),
  },
  {
    weight: 3,
    arbitrary: name.map(
      (name): Step =>
        ({ server }) =>
          server.delete(name),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(...WATCH_FAULTS).map(
      (fault): Step =>
        ({ server }) =>
          server.disturb(fault),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(...CALL_FAULTS).map(
      (fault): Step =>
        ({ server }) =>
          server.failNextCall(fault),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(0, 10, 1000, 15_000, 90_000).map(
      (ms): Step =>
        ({ clock }) =>
          clock.advance(ms),
    ),
  },
);

/** What a listener knows. */
class Heard {
  readonly objects = new Map<string, string>();
  readonly wrong: string[] = [];
  readonly #versions = new Map<string, string>();
  readonly #dead = new Set<string>();

  take({ object, old }: StoreChange): void {
    const { metadata } = object ?? old;
    const { uid = '', resourceVersion = '' } = metadata;
    if (isOlder(resourceVersion, this.#versions.get(uid))) this.wrong.push(`${uid} went back to ${resourceVersion}`);
    if (this.#dead.has(uid)) this.wrong.push(`${uid} is heard of after its deletion`);
    if ((old === undefined) === this.objects.has(objectId(metadata)))
      this.wrong.push(`${uid} was ${old === undefined ? 'added twice' : 'not there'}`);
    this.#versions.set(uid, resourceVersion);
    if (object === undefined) {
      this.objects.delete(objectId(metadata));
      this.#dead.add(uid);
    } else this.objects.set(objectId(metadata), `${uid} ${resourceVersion}`);
  }
}

test('any history under any faults: the copy and its listeners catch up, and time never turns back', async () => {
  const runs = fc.asyncProperty(
    fc.array(step, { minLength: 5, maxLength: 60 }),
    fc.double({ min: 0, max: 0.99, noNaN: true }),
    async (steps, chance) => {
      const clock = new FakeClock();
      const server = new FaultyWatchServer(clock);
      const access = { server: 'http://memory', namespace: 'shop', credentials: async () => ({ tls: {}, headers: {} }) };
      const transport = new KubeTransport(access, { userAgent: 'test', connect: () => server, clock });
      const reflector = new Reflector({
        ...{ transport, clock, random: () => chance },
        resource: { apiVersion: 'v1', kind: 'Pod', plural: 'pods' },
        tuning: { pageSize: 2, watchSeconds: 60, relistMs: RELIST_MS },
      });
      const heard = new Heard();
      reflector.store.subscribe(() => {
        throw new Error('A listener that is broken');
      });
      reflector.store.subscribe((change) => heard.take(change));
      const stop = new AbortController();
      const running = reflector.run(stop.signal);
      for (const each of steps) await each({ server, clock });
      server.heal();
      // a lost event is found by the next list alone, a mute watch by its silence before that
      await clock.advance(RELIST_MS + 2 * 150_000 + 180_000);
      stop.abort();
      await running;
      const describe = ({ metadata: { uid, resourceVersion } }: { metadata: { uid?: string; resourceVersion?: string } }) =>
        `${uid} ${resourceVersion}`;
      const want = new Map([...server.objects.values()].map((object) => [objectId(object.metadata), describe(object)]));
      const copy = new Map([...reflector.store.values()].map((object) => [objectId(object.metadata), describe(object)]));
      expect(Object.fromEntries(copy)).toEqual(Object.fromEntries(want));
      expect(Object.fromEntries(heard.objects)).toEqual(Object.fromEntries(want));
      expect(heard.wrong).toEqual([]);
    },
  );
  await fc.assert(runs, { seed: 5, numRuns: 200 });
}, 60_000);
