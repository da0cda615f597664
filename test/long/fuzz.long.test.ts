/** A thousand malformed inputs for each run of the long suite, 10⁶ when nothing else is said: each ends, and nothing stays behind. */
import { expect, test } from '@jest/globals';
import type { FuzzReport } from '../fuzz/fuzz-report.js';
import { fuzz } from '../fuzz/fuzzer.js';
import { LONG_TEST_TIMEOUT_MS, longParameters } from './parameters.js';

const INPUTS_PER_RUN = 1000;
/** What code, caches and pools need once; beyond it memory may not grow with the number of inputs. */
const WARM_SHARE = 0.1;
const MAX_GROWTH_BYTES = 48 * 1024 * 1024;

test(
  'every malformed input is ended, valid ones are answered, memory does not grow',
  async () => {
    const { seed, numRuns, interruptAfterTimeLimit } = longParameters();
    const count = numRuns * INPUTS_PER_RUN;
    const samples: FuzzReport[] = [];
    const began = performance.now();
    let due = WARM_SHARE * count;
    const onProgress = async (done: number, report: () => Promise<FuzzReport>): Promise<void> => {
      if (done < due) return;
      due += WARM_SHARE * count;
      samples.push(await report());
    };
    const { inputs, valid, statuses, codes, defects, heldBytes, end } = await fuzz({
      seed,
      from: 0,
      count,
      maxMs: interruptAfterTimeLimit,
      onProgress,
    });
    const seconds = (performance.now() - began) / 1000;
    console.info(`${inputs} inputs, ${valid} valid ones, ${seconds.toFixed(0)} s, ${(inputs / seconds).toFixed(0)}/s`, {
      statuses,
      codes,
      heapBytes: samples.map(({ heapBytes }) => heapBytes),
    });
    expect({ defects, heldBytes, failed: statuses.get(500) ?? 0 }).toEqual({ defects: [], heldBytes: 0, failed: 0 });
    if (inputs < count) expect(seconds * 1000).toBeGreaterThan(interruptAfterTimeLimit);
    expect(valid).toBeGreaterThanOrEqual(Math.floor(inputs / 1000));
    const [warm] = samples;
    if (warm !== undefined) {
      expect(end.heapBytes - warm.heapBytes).toBeLessThan(MAX_GROWTH_BYTES);
      expect(end.handles).toBeLessThanOrEqual(warm.handles);
    }
  },
  LONG_TEST_TIMEOUT_MS,
);
