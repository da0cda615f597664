import { expect, test } from '@jest/globals';
import { FakeClock } from '../../test/fakes/fake-clock.js';
import { ReconcileLog } from './reconcile-log.js';

test('keeps the last of each key, the newest first, and forgets the oldest', async () => {
  const clock = new FakeClock();
  const log = new ReconcileLog(clock, 2);
  log.note('shop/a', { outcome: 'Done', seconds: 1 });
  log.note('shop/b', { outcome: 'Done', seconds: 2 });
  await clock.advance(1500);
  log.note('shop/a', { outcome: 'Failed', seconds: 3, error: 'refused' });
  expect(log.list(10).map(({ key }) => key)).toEqual(['shop/a', 'shop/b']);
  log.note('shop/c', { outcome: 'RequeueAfter', seconds: 4, requeueAfterSeconds: 10, actions: ['ScaleTo c-1'] });
  expect(log.get('shop/b')).toBeUndefined();
  await clock.advance(500);
  expect(log.get('shop/a')).toEqual({ key: 'shop/a', endedSecondsAgo: 0.5, outcome: 'Failed', seconds: 3, error: 'refused' });
  expect(log.list(1)).toEqual([
    { key: 'shop/c', endedSecondsAgo: 0.5, outcome: 'RequeueAfter', seconds: 4, requeueAfterSeconds: 10, actions: ['ScaleTo c-1'] },
  ]);
});

test('cuts what could be long', () => {
  const log = new ReconcileLog(new FakeClock());
  log.note('shop/a', { outcome: 'Failed', seconds: 0, error: 'x'.repeat(9999), actions: Array.from({ length: 99 }, () => 'DeletePod') });
  expect([log.get('shop/a')?.error?.length, log.get('shop/a')?.actions?.length]).toEqual([500, 20]);
});
