import { expect, test } from '@jest/globals';
import { FakeClock, settle } from '../../test/fakes/fake-clock.js';
import { FakeLeaderLock } from '../../test/fakes/fake-leader-lock.js';
import { LeaderElection } from './leader-election.js';
import { NotLeadingError, newWriteFence } from './write-fence.js';

test('a write may take until another can lead, and none begins after the own deadline', async () => {
  const clock = new FakeClock();
  const election = new LeaderElection({ lock: new FakeLeaderLock().newView(), identity: 'a', clock, wallClock: clock, random: () => 0 });
  const fence = newWriteFence(election);
  expect(fence).toThrow(NotLeadingError);
  election.acquire(new AbortController().signal);
  await settle();
  expect(fence()).toBe(15_000);
  clock.jump(9999);
  expect(fence()).toBe(5001);
  clock.jump(1);
  expect(fence).toThrow(NotLeadingError);
});
