/** A world in which nothing happens costs nothing: no write but the lease's, and less than a call a second. */
import { describe, expect, test } from '@jest/globals';
import { KINDS } from '../../operator/api/kinds.js';
import { JOURNEYS } from './journeys.js';
import { spentAfter, watchCalls } from './spent.js';
import { SweepWorld } from './sweep-world.js';

/** Ends of different kinds; the long test has all of them. */
const ENDS = ['change model', 'scale to zero', 'delete', 'create, model that does not load', 'create, no GPU free'];
const TIMEOUT_MS = 60_000;

describe('At rest, for ten minutes', () => {
  test.each(JOURNEYS.filter(({ name }) => ENDS.includes(name)))(
    'after: $name',
    async (journey) => {
      const { writes, refused, calls } = await spentAfter(journey);
      expect(writes).toEqual([]);
      expect(refused.length).toBeLessThanOrEqual(10);
      expect(calls).toBeLessThanOrEqual(600);
    },
    TIMEOUT_MS,
  );
});

describe('A pod that flaps five times a second', () => {
  test(
    'costs one status write a second at most, and one more at either end',
    async () => {
      const world = new SweepWorld(1);
      await JOURNEYS[0]?.before(world);
      JOURNEYS[0]?.act(world);
      await world.rest(5000);
      const [pod] = world.api.objects(KINDS.pod);
      const spent = watchCalls(world);
      for (let flap = 0; flap < 300; flap++) {
        const status = flap % 2 === 0 ? 'False' : 'True';
        world.api.patchStatus(KINDS.pod, world.key(pod?.metadata.name ?? ''), { conditions: [{ type: 'Ready', status }] });
        await world.clock.advance(200);
      }
      world.dispose();
      expect(spent().writes.filter((write) => write.endsWith('/status')).length).toBeLessThanOrEqual(62);
    },
    TIMEOUT_MS,
  );
});
