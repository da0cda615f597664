/** What the proof calls independent is run: rows alone and rows in a batch must answer alike. One counterexample is a bug. */
import { afterAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { readModel } from '../../runtime/onnx/read-model.js';
import { proveRowIndependence, type RowProof } from '../../runtime/onnx/rows/prove-row-independence.js';
import { makeOnnxModel } from '../builders/onnx-model.js';
import { LONG_TEST_TIMEOUT_MS, longParameters } from './parameters.js';
import { makeRandomGraph, OPERATOR_COUNT, type Step } from './random-graph.js';

const ROWS = 3;
const ROW_SHAPE = [3, 4];
const counts = { proven: 0, run: 0, refused: 0, mixed: 0 };

const step: fc.Arbitrary<Step> = fc.tuple(fc.nat(OPERATOR_COUNT - 1), fc.nat(255), fc.nat(255), fc.nat(255));

/** Values of a row of an input: no two alike, so that a mixed-up row shows. */
function rowOf(input: number, row: number): Float32Array {
  return Float32Array.from({ length: 12 }, (_, index) => Math.sin(1 + index + 17 * row + 101 * input) * (row + 1));
}

function feedsOf(rows: readonly number[]): Record<string, Tensor> {
  const make = (input: number) =>
    new Tensor('float32', Float32Array.from(rows.flatMap((row) => [...rowOf(input, row)])), [rows.length, ...ROW_SHAPE]);
  return { x: make(0), z: make(1) };
}

async function run(session: InferenceSession, rows: readonly number[]): Promise<Tensor | undefined> {
  try {
    return (await session.run(feedsOf(rows)))['y'];
  } catch {
    return undefined;
  }
}

/** Row `row` of a tensor along `axis`. */
function rowFrom(tensor: Tensor, axis: number, row: number): number[] {
  const inner = tensor.dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const span = inner * (tensor.dims[axis] ?? 1);
  const outer = span === 0 ? 0 : tensor.data.length / span;
  return Array.from({ length: outer * inner }, (_, index) => Number(tensor.data[Math.floor(index / inner) * span + row * inner + (index % inner)]));
}

function isClose(a: number, b: number): boolean {
  return Object.is(a, b) || Math.abs(a - b) <= 1e-4 * Math.max(1, Math.abs(a), Math.abs(b));
}

async function isIndependent(session: InferenceSession, axis: number): Promise<boolean | undefined> {
  const alone = await Promise.all(Array.from({ length: ROWS }, (_, row) => run(session, [row])));
  if (alone.includes(undefined)) return undefined;
  const batch = await run(session, [0, 1, 2]);
  if (batch === undefined || batch.dims[axis] !== ROWS) return false;
  return alone.every((one, row) => {
    if (one === undefined || one.dims[axis] !== 1) return false;
    const [want, got] = [rowFrom(one, axis, 0), rowFrom(batch, axis, row)];
    return want.length === got.length && want.every((value, index) => isClose(value, got[index] ?? Number.NaN));
  });
}

async function load(bytes: Uint8Array): Promise<InferenceSession | undefined> {
  try {
    return await InferenceSession.create(bytes, { logSeverityLevel: 4, intraOpNumThreads: 1, graphOptimizationLevel: 'basic' });
  } catch {
    return undefined;
  }
}

async function check(proof: RowProof, bytes: Uint8Array): Promise<void> {
  const session = await load(bytes);
  if (session === undefined) return;
  const axis = proof.independent ? (proof.outputAxes[0] ?? 0) : 0;
  const outcome = await isIndependent(session, axis);
  await session.release();
  if (proof.independent) {
    counts.run += outcome === undefined ? 0 : 1;
    expect(outcome).not.toBe(false);
  } else if (outcome === false) counts.mixed += 1;
}

test(
  'no graph that is proven mixes its rows',
  async () => {
    const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 9 }), async (steps) => {
      const bytes = makeOnnxModel(makeRandomGraph(steps));
      const proof = proveRowIndependence(readModel(bytes));
      counts[proof.independent ? 'proven' : 'refused'] += 1;
      await check(proof, bytes);
    });
    await fc.assert(property, longParameters());
    expect(counts.run).toBeGreaterThan(counts.proven / 2);
    expect(counts.mixed).toBeGreaterThan(0);
  },
  LONG_TEST_TIMEOUT_MS,
);

afterAll(() => {
  expect(counts.run).toBeGreaterThan(0);
});
