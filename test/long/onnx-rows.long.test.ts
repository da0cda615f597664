/** What the proof calls independent is run: rows alone and rows in a batch must answer alike. One counterexample is a bug. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readModel } from '../../runtime/onnx/read-model.js';
import { proveRowIndependence } from '../../runtime/onnx/rows/prove-row-independence.js';
import { makeOnnxModel } from '../builders/onnx-model.js';
import { LONG_TEST_TIMEOUT_MS, longParameters } from './parameters.js';
import { makeRandomGraph, OPERATOR_COUNT, type Step } from './random-graph.js';

const step: fc.Arbitrary<Step> = fc.tuple(fc.nat(OPERATOR_COUNT - 1), fc.nat(255), fc.nat(255), fc.nat(255));

let runner: ChildProcess;
let ask: (model: Uint8Array, axis: number) => Promise<string>;

beforeAll(() => {
  runner = spawn(process.execPath, [join(import.meta.dirname, 'row-runner.js')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
  });
  const { stdin, stdout } = runner;
  if (stdin === null || stdout === null) throw new Error('The runner has no pipes');
  const answers = createInterface({ input: stdout })[Symbol.asyncIterator]();
  ask = async (model, axis) => {
    stdin.write(`${JSON.stringify({ model: Buffer.from(model).toString('base64'), axis })}\n`);
    const { value, done } = await answers.next();
    if (done === true) throw new Error(`The runner ended with ${runner.exitCode ?? runner.signalCode}: ONNX Runtime crashed on this model`);
    return String(JSON.parse(value).outcome);
  };
});

afterAll(async () => {
  const ended = runner.exitCode === null && runner.signalCode === null ? once(runner, 'exit') : undefined;
  runner.stdin?.end();
  await ended;
});

test(
  'no graph that is proven mixes its rows',
  async () => {
    const counts = { proven: 0, ran: 0, mixing: 0 };
    const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 9 }), async (steps) => {
      const bytes = makeOnnxModel(makeRandomGraph(steps));
      const proof = proveRowIndependence(readModel(bytes));
      const outcome = await ask(bytes, proof.independent ? (proof.outputAxes[0] ?? 0) : 0);
      if (!proof.independent) {
        counts.mixing += outcome === 'different' ? 1 : 0;
        return;
      }
      counts.proven += 1;
      counts.ran += outcome === 'alike' ? 1 : 0;
      expect(outcome).not.toBe('different');
    });
    await fc.assert(property, longParameters());
    expect(counts.proven).toBeGreaterThan(0);
    expect(counts.ran).toBeGreaterThan(0.9 * counts.proven);
    expect(counts.mixing).toBeGreaterThan(0);
  },
  LONG_TEST_TIMEOUT_MS,
);
