/** Traces, access log, load reports and metrics of the real server, as those see them who collect them. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { loadInferenceService } from '../../proto/load.js';
import { findRows } from '../docs/markdown.js';
import { readLoadReport } from './orca.js';
import { OtlpReceiver, type ReceivedSpan } from './otlp-receiver.js';
import { ServerProcess } from './server-process.js';
import { makeDoubleModel } from './tiny-models.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';
const BODY = '{"id":"body-id","inputs":[{"name":"x","datatype":"FP32","shape":[3,2],"data":[424242,2,3,4,5,6]}]}';
const SERVICE = loadInferenceService();

const folder = mkdtempSync(join(tmpdir(), 'slipway-observed-'));
let server: ServerProcess | undefined;
let receiver: OtlpReceiver;
let endpoint = '';

beforeAll(async () => {
  mkdirSync(join(folder, 'double', '1'), { recursive: true });
  writeFileSync(join(folder, 'double', '1', 'model.onnx'), makeDoubleModel(2));
  receiver = new OtlpReceiver();
  endpoint = await receiver.listen();
});
afterEach(async () => {
  await server?.stop();
  receiver.spans.length = 0;
});
afterAll(async () => {
  await receiver.close();
  rmSync(folder, { recursive: true });
});

async function start(flags: readonly string[], env: Readonly<Record<string, string>> = {}) {
  server = new ServerProcess([folder, ...flags], env);
  return { server, ...(await server.waitUntilReady()) };
}

async function post(rest: string, headers: Record<string, string> = {}, body = BODY): Promise<Response> {
  const response = await fetch(`${rest}/v2/models/double/infer`, { method: 'POST', body, headers });
  await response.arrayBuffer();
  return response;
}

/** Over gRPC; resolves with the trailers. */
async function infer(address: string, headers: Record<string, string> = {}): Promise<Metadata> {
  const client = new Client(address, credentials.createInsecure());
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  const { path, requestSerialize, responseDeserialize } = SERVICE.ModelInfer;
  const request = {
    model_name: 'double',
    id: 'grpc-id',
    inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2] }],
    raw_input_contents: [Buffer.from(Float32Array.of(1, 2).buffer)],
  };
  const { promise, resolve, reject } = Promise.withResolvers<Metadata>();
  client
    .makeUnaryRequest(path, requestSerialize, responseDeserialize, request, metadata, (error) => error !== null && reject(error))
    .on('status', ({ metadata: trailers }) => resolve(trailers));
  return await promise.finally(() => client.close());
}

const requestsIn = (logs: ServerProcess['logs']) => logs.filter(({ message }) => message === 'Request');
const rootOf = (spans: readonly ReceivedSpan[]) => spans.filter(({ kind }) => kind === 2);

describe('traces', () => {
  test('the caller samples: spans below its own, over gRPC and HTTP, with times that add up; flushed by the drain', async () => {
    const {
      server: running,
      grpc,
      rest,
      metrics,
    } = await start(['--otlp-endpoint', endpoint], {
      OTEL_BSP_SCHEDULE_DELAY: '600000',
      OTEL_SERVICE_NAME: 'reader',
      OTEL_EXPORTER_OTLP_HEADERS: 'x-key=k',
    });
    const traceparent = `00-${TRACE}-${CALLER}-01`;
    await infer(grpc, { traceparent, tracestate: 'v=1' });
    await post(rest, { traceparent });
    await post(rest, { traceparent: `00-${TRACE}-${CALLER}-00` }); // not sampled
    await post(rest); // one of a thousand
    expect(await (await fetch(`${metrics}/metrics`)).text()).toContain('slipway_runtime_trace_spans_total{outcome="exported"} 0');
    expect(receiver.spans).toEqual([]);
    running.signal('SIGTERM');
    expect(await running.exitCode).toBe(0);
    const spans = await receiver.waitFor(10);
    expect(receiver.headers.at(-1)?.['x-key']).toBe('k');
    expect(spans).toHaveLength(10);
    expect(new Set(spans.map(({ traceId, resource }) => `${traceId} ${resource['service.name']}`))).toEqual(new Set([`${TRACE} reader`]));
    expect(rootOf(spans).map(({ name, parentSpanId, traceState }) => [name, parentSpanId, traceState])).toEqual([
      ['inference.GRPCInferenceService/ModelInfer', CALLER, 'v=1'],
      ['POST /v2/models/{model}/infer', CALLER, ''],
    ]);
    expect(rootOf(spans)[1]?.attributes).toMatchObject({
      'http.response.status_code': 200,
      'slipway.model.name': 'double',
      'slipway.model.version': '1',
      'slipway.request.id': 'body-id',
      'slipway.request.rows': expect.any(Number),
      'slipway.request.bytes': BODY.length,
    });
    for (const root of rootOf(spans)) expectToAddUp(root, spans);
    expect(JSON.stringify(spans, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value))).not.toContain('424242');
  }, 60_000);
  test('every request when the environment says so', async () => {
    const { rest } = await start([], { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_SAMPLER: 'always_on', OTEL_BSP_SCHEDULE_DELAY: '20' });
    for (let left = 3; left > 0; left--) await post(rest);
    const roots = rootOf(await receiver.waitFor(15));
    expect([roots.length, new Set(roots.map(({ traceId }) => traceId)).size, roots[0]?.parentSpanId]).toEqual([3, 3, '']);
  }, 60_000);
  test('none when it says that too, and a collector that is away fails no request', async () => {
    const quiet = await start(['--otlp-endpoint', endpoint], { OTEL_SDK_DISABLED: 'true', OTEL_TRACES_SAMPLER: 'always_on' });
    expect((await post(quiet.rest)).status).toBe(200);
    expect(quiet.server.logs.map(({ message }) => message)).not.toContain('Traces on');
    await quiet.server.stop();
    const away = { OTEL_EXPORTER_OTLP_TIMEOUT: '100', OTEL_BSP_SCHEDULE_DELAY: '10', OTEL_TRACES_SAMPLER: 'always_on' };
    const alone = await start(['--otlp-endpoint', 'http://127.0.0.1:9'], away);
    for (let left = 5; left > 0; left--) expect((await post(alone.rest)).status).toBe(200);
    expect(await alone.server.waitForLog('Lost spans')).toMatchObject({ level: 'warn', error: expect.stringContaining('ECONNREFUSED') });
    expect(receiver.spans).toEqual([]);
  }, 60_000);
});

/** Nanoseconds: children inside their parent, one after another, and together no longer than it. */
function expectToAddUp(root: ReceivedSpan, spans: readonly ReceivedSpan[]): void {
  const children = spans.filter(({ parentSpanId }) => parentSpanId === root.spanId);
  expect(children.map(({ name }) => name)).toEqual(['queue', 'batch', 'compute', 'encode']);
  let at = root.start;
  for (const { start, end } of children) {
    expect(start).toBeGreaterThanOrEqual(at);
    expect(end).toBeGreaterThanOrEqual(start);
    at = end;
  }
  expect(root.end).toBeGreaterThanOrEqual(at);
  expect(Math.abs(Number(BigInt(Date.now()) * 1_000_000n - root.end))).toBeLessThan(60e9);
}

describe('logs of requests', () => {
  test('the access log has a line for each, and neither tensors nor headers', async () => {
    const { server: running, grpc, rest } = await start(['--access-log']);
    await infer(grpc);
    await post(rest, { 'x-request-id': 'header-id', authorization: 'Bearer secret' });
    await post(rest, {}, '{');
    await fetch(`${rest}/v2/health/ready`);
    const lines = requestsIn(running.logs);
    expect(lines).toMatchObject([
      { level: 'info', method: '/inference.GRPCInferenceService/ModelInfer', model: 'double', version: '1', code: 'OK', id: 'grpc-id' },
      { method: 'POST /v2/models/{model}/infer', code: '200', id: 'header-id', rows: expect.any(Number), requestBytes: BODY.length },
      { code: '400', model: 'double', requestBytes: 1, responseBytes: 0 },
    ]);
    expect(lines).toHaveLength(3);
    for (const { durationMs, peer } of lines) {
      expect(durationMs).toBeGreaterThan(0);
      expect(peer).toMatch(/^127\.0\.0\.1:\d+$/);
    }
    expect(JSON.stringify(lines)).not.toMatch(/424242|secret/);
  }, 60_000);
  test('the verbose log is switched on and off by a client', async () => {
    const { server: running, rest } = await start(['--admin']);
    const setLevel = (level: number) => fetch(`${rest}/v2/logging`, { method: 'POST', body: JSON.stringify({ log_verbose_level: level }) });
    await post(rest, { 'x-request-id': 'before' });
    expect((await setLevel(1)).status).toBe(200);
    await post(rest, { 'x-request-id': 'during' });
    expect((await setLevel(0)).status).toBe(200);
    await post(rest, { 'x-request-id': 'after' });
    await running.waitForLog('Request');
    expect(requestsIn(running.logs)).toMatchObject([{ level: 'debug', id: 'during' }]);
  }, 60_000);
});

describe('load reports', () => {
  test('in trailers when the server was started with them, in headers for who asks', async () => {
    const { grpc, rest } = await start(['--load-report']);
    await infer(grpc);
    await new Promise((resolve) => setTimeout(resolve, 1100)); // a reading covers a second at least
    const [bytes] = (await infer(grpc)).get('endpoint-load-metrics-bin');
    const report = Buffer.isBuffer(bytes) ? readLoadReport(bytes) : {};
    expect(report).toMatchObject({ namedMetrics: { pending_requests: 0, pending_rows: 0 }, eps: 0 });
    expect(report['rpsFractional']).toBeGreaterThan(0);
    expect(report['memUtilization']).toBeGreaterThan(0);
    expect(report['memUtilization']).toBeLessThan(1);
    const header = (await post(rest, { 'endpoint-load-metrics-format': 'json' })).headers.get('endpoint-load-metrics');
    expect(header).toMatch(/^JSON \{"cpu_utilization":/);
  }, 60_000);
  test('not otherwise', async () => {
    const { grpc, rest } = await start([]);
    expect((await infer(grpc)).get('endpoint-load-metrics-bin')).toEqual([]);
    expect((await post(rest)).headers.get('endpoint-load-metrics')).toBeNull();
  }, 60_000);
});

test('the guide has a row for each metric of a scrape, and for no other', async () => {
  const { metrics } = await start(['--otlp-endpoint', endpoint]);
  const text = await (await fetch(`${metrics}/metrics`)).text();
  const found = [...text.matchAll(/^# TYPE ((?:slipway|nv)_\w+) (\w+)$/gm)].map(([, name, type]) => `${name} ${type}`);
  const rows = findRows(readFileSync('docs/guides/observability.md', 'utf8'), '## Metrics');
  expect(rows.map(([name = '', type]) => `${name.replaceAll('`', '')} ${type}`).sort()).toEqual(found.sort());
}, 60_000);

test('a scrape has every phase of every request, counted once', async () => {
  const { grpc, rest, metrics } = await start([]);
  for (let left = 4; left > 0; left--) await infer(grpc);
  await post(rest);
  await post(rest, {}, '{"inputs":[]}'); // refused: it has no queue and no inference
  const text = await (await fetch(`${metrics}/metrics`)).text();
  const read = (series: string): number =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${series} `))
        ?.split(' ')[1] ?? Number.NaN,
    );
  const labels = '{model="double",version="1"}';
  const counts = { request: 6, queue: 5, batch: 5, inference: 5, encode: 5 };
  for (const [phase, want] of Object.entries(counts)) {
    const name = `slipway_runtime_${phase}_seconds`;
    expect([phase, read(`${name}_count${labels}`)]).toEqual([phase, want]);
    expect(read(`${name}_bucket{model="double",version="1",le="+Inf"}`)).toBe(want);
    expect(read(`${name}_sum${labels}`)).toBeGreaterThan(0);
  }
  expect(read(`nv_inference_first_response_histogram_ms_count${labels}`)).toBe(6);
  expect(read(`nv_inference_first_response_histogram_ms_sum${labels}`)).toBeCloseTo(1000 * read(`slipway_runtime_request_seconds_sum${labels}`), 6);
  expect(read('nv_cpu_memory_used_bytes')).toBeGreaterThan(20e6);
  expect(read('nv_cpu_memory_total_bytes')).toBeGreaterThan(read('nv_cpu_memory_used_bytes'));
  expect(read('nv_cpu_utilization')).toBeGreaterThanOrEqual(0);
}, 60_000);
