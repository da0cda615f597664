/** Batching changes no answer, at length: twenty requests for each run of the long suite, each as ONNX Runtime answers it alone. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { makeMixRequest, runAlone, sendMix } from '../runtime/row-mix.js';
import { ROW_MODELS } from '../runtime/row-models.js';
import { ServerProcess } from '../runtime/server-process.js';
import { LONG_TEST_TIMEOUT_MS, longParameters } from './parameters.js';

const REQUESTS_PER_RUN = 20;
/** At once in memory, and through one ONNX Runtime. */
const SLICE = 5000;

test(
  'each answer is that of its request alone',
  async () => {
    const { seed, numRuns, interruptAfterTimeLimit } = longParameters();
    const folder = mkdtempSync(join(tmpdir(), 'slipway-rows-'));
    for (const { name, bytes } of ROW_MODELS) {
      mkdirSync(join(folder, name, '1'), { recursive: true });
      writeFileSync(join(folder, name, '1', 'model.onnx'), bytes);
    }
    const server = new ServerProcess([folder]);
    try {
      const { grpc } = await server.waitUntilReady();
      const began = performance.now();
      for (let from = 0; from < numRuns * REQUESTS_PER_RUN && performance.now() - began < interruptAfterTimeLimit; from += SLICE) {
        const count = Math.min(SLICE, numRuns * REQUESTS_PER_RUN - from);
        const requests = Array.from({ length: count }, (_, index) => makeMixRequest(seed, from + index));
        const { wrong } = await sendMix(grpc, requests, runAlone(folder, requests));
        expect({ from, wrong }).toEqual({ from, wrong: [] });
      }
    } finally {
      await server.stop();
      rmSync(folder, { recursive: true });
    }
  },
  LONG_TEST_TIMEOUT_MS,
);
