/** Two clusters for each run of the long suite, 10,000 when nothing else is said, held against kube-scheduler's own filters. */
import { expect, test } from '@jest/globals';
import { LONG_TEST_TIMEOUT_MS, longParameters } from '../long/parameters.js';
import { compareWithScheduler } from './compare.js';

const { seed, numRuns } = longParameters();

const total = numRuns * 2;
/** At once in memory, and through one program. */
const SLICE = 5000;

test(
  'placement refuses nodes as the scheduler does',
  async () => {
    for (let from = 0; from < total; from += SLICE) {
      expect((await compareWithScheduler(seed, from, Math.min(SLICE, total - from))).differences).toEqual([]);
    }
  },
  LONG_TEST_TIMEOUT_MS,
);
