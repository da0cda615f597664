/** Triton's perf_analyzer as it is, in the ways that people call it. It counts on the server's metadata, config and statistics, and aborts when they do not fit. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execAny } from '../../hack/exec.js';
import { once } from './check-lines.js';
import { checkTest } from './check-test.js';
import { runPython } from './foreign-client.js';
import { ensurePerfAnalyzer } from './foreign-tools.js';
import { computeHotShare, countInferPaths } from './infer-paths.js';
import { ensurePythonVenv } from './python-venv.js';
import { readMetric } from './read-metric.js';
import { ServerProcess } from './server-process.js';

interface Server {
  readonly grpc: string;
  readonly rest: string;
  readonly metrics: string;
}

/** The program, or why this machine cannot have it: then the tests are skipped under that name. */
const analyzer = await ensurePerfAnalyzer().catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
const REQUESTS = 100;
const COMPRESSED = ['--grpc-compression-algorithm', 'gzip', '--request-parameter', 'tenant:a:string'];
const SUMS = ['-m', 'sums', '--shape', 'a:1,2', '--shape', 'b:1,2'];
const folder = mkdtempSync(join(tmpdir(), 'slipway-analyzer-'));
const servers: ServerProcess[] = [];
const plain = once(() => serve([]));
const admin = once(() => serve(['--admin']));

afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  rmSync(folder, { recursive: true });
});

const grpc = ({ grpc: address }: Server): string[] => ['-i', 'grpc', '-u', address];
const http = ({ rest }: Server): string[] => ['-i', 'http', '-u', new URL(rest).host];
const metrics = (server: Server): string[] => [...grpc(server), '--collect-metrics', '--metrics-url', `${new URL(server.metrics).host}/metrics`];

const CASES: readonly (readonly [string, string, (server: Server) => readonly string[]])[] = [
  ['unary over gRPC', 'sums', (server) => [...SUMS, ...grpc(server)]],
  ['asynchronous over gRPC, compressed, with a parameter', 'sums', (server) => [...SUMS, ...grpc(server), '--async', ...COMPRESSED]],
  ['over HTTP, binary', 'sums', (server) => [...SUMS, ...http(server)]],
  ['over HTTP, JSON', 'sums', (server) => [...SUMS, ...http(server), '--input-tensor-format', 'json', '--output-tensor-format', 'json']],
  ['strings', 'texts', (server) => ['-m', 'texts', '--shape', 'x:1,3', '--string-length', '20', ...grpc(server)]],
  ['--collect-metrics', 'sums', (server) => [...SUMS, ...metrics(server), '--metrics-interval', '100']],
  ['streaming', 'sums', (server) => [...SUMS, ...grpc(server), '--async', '--streaming']],
  ['streaming with --collect-metrics', 'sums', (server) => [...SUMS, ...metrics(server), '--async', '--streaming']],
  ['-b 4', 'labelled', (server) => ['-m', 'labelled', '-b', '4', ...grpc(server)]],
  ['sequences', 'counter', (server) => ['-m', 'counter', '--sequence-length', '5', ...grpc(server)]],
];

if (typeof analyzer === 'string') {
  test.skip(`perf_analyzer, which this machine cannot have: ${analyzer}`, () => undefined);
} else {
  describe('perf_analyzer', () => {
    beforeAll(async () => {
      await runPython(await ensurePythonVenv(), ['foreign/make_repository.py', folder]);
    }, 600_000);
    for (const [name, model, args] of CASES) {
      checkTest('perf_analyzer', name, async () => expectCounted(analyzer, model, await plain(), args));
    }
    for (const [name, address] of [
      ['gRPC', grpc],
      ['HTTP', http],
    ] as const) {
      const args = (server: Server): readonly string[] => [...SUMS, ...address(server), '--shared-memory', 'system'];
      checkTest('perf_analyzer', `system shared memory over ${name}`, async () => expectCounted(analyzer, 'sums', await admin(), args));
    }
  });
}

/** It ends well, and the server has counted what it says it has sent. */
async function expectCounted(command: readonly string[], model: string, server: Server, args: (server: Server) => readonly string[]): Promise<void> {
  const [before, pathsBefore] = [await countSuccesses(server, model), await countInferPaths(server.metrics)];
  const [program = '', ...first] = command;
  const all = args(server);
  const options = ['--concurrency-range', '4', '--request-count', String(REQUESTS), ...all];
  const { code, stdout, stderr } = await execAny(program, [...first, ...options], { timeoutMs: 20_000 });
  expect({ code, output: stdout + stderr }).toEqual({ code: 0, output: expect.stringMatching(/Throughput: [1-9]/) });
  const sent = Number(/Client: \s+Request count: (\d+)/.exec(stdout)?.[1]);
  expect(sent).toBeGreaterThan(REQUESTS / 2);
  expect(stdout).toMatch(/Server: \s+Inference count: [1-9]/);
  expect((await countSuccesses(server, model)) - before).toBeGreaterThanOrEqual(sent);
  if (all.includes('http')) return;
  expect(computeHotShare(pathsBefore, await countInferPaths(server.metrics), sent)).toBeGreaterThanOrEqual(0.99);
}

function countSuccesses({ metrics: url }: Server, model: string): Promise<number> {
  return readMetric(url, `nv_inference_request_success{model="${model}",version="1"}`);
}

async function serve(flags: readonly string[]): Promise<Server> {
  const server = new ServerProcess([join(folder, 'models'), ...flags]);
  servers.push(server);
  return server.waitUntilReady();
}
