import process from 'node:process';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SILENT_LOGGER } from '../../lib/logger.js';
import { OtlpReceiver } from '../../test/runtime/otlp-receiver.js';
import { parseTraceParent } from '../core/trace-context.js';
import { RequestRecord } from '../dataplane/request-record.js';
import { OtlpTracer } from './otlp-tracer.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';
const TRACE_PARENT = `00-${TRACE}-${CALLER}-01`;
const run = { inputSeconds: 0.0005, inferenceSeconds: 0.004, outputSeconds: 0.0001 };

let receiver: OtlpReceiver;
let warnings: unknown[];
let tracer: OtlpTracer;

async function start(changes: Partial<ConstructorParameters<typeof OtlpTracer>[0]['config']> = {}): Promise<void> {
  const url = `${await receiver.listen()}/v1/traces`;
  const config = { url, rate: 1, maxQueue: 100, maxBatch: 50, delayMs: 10, timeoutMs: 1000, ...changes };
  tracer = new OtlpTracer({ config, version: '1.2.3', log: { ...SILENT_LOGGER, warn: (message, fields) => warnings.push([message, fields]) } });
}
beforeEach(() => {
  receiver = new OtlpReceiver();
  warnings = [];
});
afterEach(async () => {
  await tracer.close(2000);
  await receiver.close();
});

function makeRequest(method = '/inference.GRPCInferenceService/ModelInfer') {
  const began = performance.now() / 1000 - 0.02;
  const record = new RequestRecord({ method, peer: '127.0.0.1:80', traceParent: TRACE_PARENT, traceState: 'a=1,b=2', id: 'r-1' }, began);
  record.asked('m', '', '');
  record.found({ name: 'm', version: '3' });
  record.ran({ rows: 2, batchRows: 8, submittedSeconds: began + 0.001, answeredSeconds: began + 0.009, queueSeconds: 0.003, run });
  record.encoded(began + 0.0095, began + 0.0097, 99);
  return { record, code: 'OK', endedSeconds: began + 0.01 };
}

describe('OtlpTracer', () => {
  test('a request is a server span below its caller, with its phases as children', async () => {
    await start();
    const before = BigInt(Date.now()) * 1_000_000n;
    tracer.trace(makeRequest(), parseTraceParent(TRACE_PARENT));
    const spans = await receiver.waitFor(5);
    const root = spans.find(({ kind }) => kind === 2);
    expect(root).toMatchObject({
      name: 'inference.GRPCInferenceService/ModelInfer',
      traceId: TRACE,
      parentSpanId: CALLER,
      traceState: 'a=1,b=2',
      status: 0,
      attributes: {
        'rpc.system.name': 'grpc',
        'rpc.method': 'inference.GRPCInferenceService/ModelInfer',
        'rpc.response.status_code': 'OK',
        'client.address': '127.0.0.1',
        'slipway.model.name': 'm',
        'slipway.model.version': '3',
        'slipway.request.id': 'r-1',
        'slipway.request.rows': 2,
        'slipway.batch.rows': 8,
        'slipway.response.bytes': 99,
      },
      resource: { 'service.name': 'slipway', 'service.version': '1.2.3' },
    });
    const children = spans.filter((span) => span !== root);
    expect(children.map(({ name, parentSpanId, traceId }) => [name, parentSpanId, traceId])).toEqual(
      ['queue', 'batch', 'compute', 'encode'].map((name) => [name, root?.spanId, TRACE]),
    );
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(5);
    const milliseconds = (from: bigint | undefined, to: bigint | undefined): number => Number((to ?? 0n) - (from ?? 0n)) / 1e6;
    expect(children.map(({ start, end }) => milliseconds(start, end))).toEqual([3, 0.5, 4, 0.2].map((want) => expect.closeTo(want, 2)));
    expect(children.map(({ start }) => milliseconds(root?.start, start))).toEqual([1, 4, 4.5, 9.5].map((want) => expect.closeTo(want, 2)));
    expect(milliseconds(root?.start, root?.end)).toBeCloseTo(10, 2);
    expect(Math.abs(milliseconds(before, root?.start) + 20)).toBeLessThan(15); // on the machine's clock
  });
  test('without a caller it begins a trace; a failure of the server is an error', async () => {
    await start();
    tracer.trace({ ...makeRequest('POST /v2/models/{model}/infer'), code: '503' }, undefined);
    const [root] = (await receiver.waitFor(5)).filter(({ kind }) => kind === 2);
    expect(root).toMatchObject({
      name: 'POST /v2/models/{model}/infer',
      parentSpanId: '',
      status: 2,
      attributes: { 'http.request.method': 'POST', 'http.route': '/v2/models/{model}/infer', 'http.response.status_code': 503, 'error.type': '503' },
    });
    expect(root?.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(root?.traceId).not.toBe(TRACE);
  });
  test('a tracestate that is none does no harm', async () => {
    await start();
    const request = makeRequest();
    const record = Object.assign(request.record, { start: { ...request.record.start, traceState: '=,;ü'.repeat(40) } });
    tracer.trace({ ...request, record }, parseTraceParent(TRACE_PARENT));
    expect((await receiver.waitFor(5)).map(({ traceId }) => traceId)).toEqual(Array(5).fill(TRACE));
  });
  test('closing exports what waits', async () => {
    await start({ delayMs: 600_000 });
    tracer.trace(makeRequest(), undefined);
    await tracer.close(2000);
    expect([receiver.spans.length, tracer.counts]).toEqual([5, { exported: 5, failed: 0, dropped: 0 }]);
  });
  test('a collector that refuses costs a warning a minute and a count', async () => {
    await start();
    receiver.status = 400;
    for (let left = 3; left > 0; left--) {
      tracer.trace(makeRequest(), undefined);
      for (let wait = 200; wait > 0 && tracer.counts.failed < (4 - left) * 5; wait--) await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(tracer.counts).toEqual({ exported: 0, failed: 15, dropped: 0 });
    expect(warnings).toEqual([['Lost spans', expect.objectContaining({ failed: 5, dropped: 0 })]]);
  });
  test('more spans than may wait are dropped and counted', async () => {
    await start({ maxQueue: 8, maxBatch: 8, delayMs: 600_000 });
    for (let left = 4; left > 0; left--) tracer.trace(makeRequest(), undefined);
    await tracer.close(2000);
    const { exported, dropped, failed } = tracer.counts;
    expect([exported + dropped, failed, receiver.spans.length]).toEqual([20, 0, exported]);
    expect(dropped).toBeGreaterThan(0);
    expect(warnings).toHaveLength(1);
  });
  test('closing waits no longer than it is told to', async () => {
    process.env['OTEL_EXPORTER_OTLP_TIMEOUT'] = '1200'; // the exporter's own variables are honoured: it tries again for so long
    await start({ url: 'http://127.0.0.1:9/v1/traces', delayMs: 600_000 });
    delete process.env['OTEL_EXPORTER_OTLP_TIMEOUT'];
    tracer.trace(makeRequest(), undefined);
    const began = performance.now();
    await tracer.close(100);
    expect(performance.now() - began).toBeLessThan(1000);
    for (let wait = 300; wait > 0 && tracer.counts.failed === 0; wait--) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(tracer.counts.failed).toBe(5);
  });
});
