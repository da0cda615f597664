import { expect, test } from '@jest/globals';
import { inParallel, isSettled, keysOf, namespacesOf, type Seen } from './models.js';

test('models are dealt out to the namespaces, and go on counting', () => {
  expect(keysOf({ count: 3, replicas: 1, namespaces: namespacesOf(2), from: 7 })).toEqual([
    { namespace: 'bench-00', name: 'model-00007' },
    { namespace: 'bench-01', name: 'model-00008' },
    { namespace: 'bench-00', name: 'model-00009' },
  ]);
});

const SEEN: Seen = { key: { namespace: 'n', name: 'a' }, generation: 2, observedGeneration: 2, replicas: '2/2', isReady: true, at: 0 };

test.each<[string, Partial<Seen>, boolean]>([
  ['all ready', {}, true],
  ['one pod short', { replicas: '1/2' }, false],
  ['pods ready, the model not', { isReady: false }, false],
  ['the status of an older spec', { observedGeneration: 1 }, false],
  ['no status yet', { replicas: '', observedGeneration: 0 }, false],
  ['none wanted', { replicas: '0/0', isReady: false }, true],
])('%s', (_, seen, want) => expect(isSettled({ ...SEEN, ...seen })).toBe(want));

test('all items, at most so many at a time', async () => {
  const done: number[] = [];
  let [running, most] = [0, 0];
  await inParallel([1, 2, 3, 4, 5], 2, async (item) => {
    most = Math.max(most, ++running);
    await Promise.resolve();
    running--;
    done.push(item);
  });
  expect([done.sort(), most]).toEqual([[1, 2, 3, 4, 5], 2]);
});
