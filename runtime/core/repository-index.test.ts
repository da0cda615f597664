import { expect, test } from '@jest/globals';
import type { ModelState } from './readiness.js';
import { computeRepositoryIndex } from './repository-index.js';

const model = (state: ModelState, reason = '') => ({ name: 'reader', version: '3', state, reason });

test.each<{ state: ModelState; want: string }>([
  { state: 'Loading', want: 'LOADING' },
  { state: 'Warming', want: 'LOADING' },
  { state: 'Ready', want: 'READY' },
  { state: 'Draining', want: 'UNLOADING' },
  { state: 'Failed', want: 'UNAVAILABLE' },
  { state: 'Unloaded', want: 'UNAVAILABLE' },
])('$state is $want, with its reason', ({ state, want }) => {
  expect(computeRepositoryIndex([model(state, 'because')], false)).toEqual([{ name: 'reader', version: '3', state: want, reason: 'because' }]);
});

test('asked for what is ready, it leaves out the rest', () => {
  const models = (['Loading', 'Ready', 'Draining', 'Failed'] as const).map((state) => model(state));
  expect(computeRepositoryIndex(models, true)).toEqual([{ name: 'reader', version: '3', state: 'READY', reason: '' }]);
});
