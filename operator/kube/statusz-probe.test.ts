import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Statusz } from '../../contract/statusz.js';
import { answerJson, FakeHttpServer, type ServeCall } from '../../test/fakes/http-server.js';
import { parseStatusz } from './parse-statusz.js';
import { StatuszProbe } from './statusz-probe.js';

const statusz: Statusz = {
  version: '0.1.0',
  onnxruntime: '1.30.0',
  threads: 2,
  instances: 1,
  models: [
    {
      name: 'reader',
      version: '1',
      state: 'Ready',
      reason: '',
      format: 'onnx',
      digest: 'sha256:aa',
      contentDigest: 'sha256:bb',
      bytes: 10,
      verifiedAt: '2026-01-01T00:00:00Z',
      signature: { inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 3] }], outputs: [{ name: 'y', datatype: 'FP32', shape: [-1] }] },
      provider: 'cpu',
      seconds: { download: 1.5, load: 0.1, warmup: 0.2 },
    },
  ],
};
const [model] = statusz.models;

describe('parseStatusz', () => {
  test('takes what a runtime says, as it is', () => expect(parseStatusz(JSON.parse(JSON.stringify(statusz)))).toEqual(statusz));
  test('drops what it does not know', () => expect(parseStatusz({ ...statusz, secret: 'x' })).toEqual(statusz));
  test('takes a model without digest that still loads', () => {
    const loading = { ...model, state: 'Loading', digest: undefined, bytes: undefined, seconds: { load: 0, warmup: 0 } };
    expect(parseStatusz(JSON.parse(JSON.stringify({ ...statusz, models: [loading] })))?.models[0]).not.toHaveProperty('digest');
  });
  test('cuts a reason that is too long', () => {
    expect(parseStatusz({ ...statusz, models: [{ ...model, reason: 'r'.repeat(9999) }] })?.models[0]?.reason).toHaveLength(1024);
  });
  test.each([
    ['nothing', undefined],
    ['text', 'ok'],
    ['no models', { ...statusz, models: undefined }],
    ['a state that is none', { ...statusz, models: [{ ...model, state: 'Sleeping' }] }],
    ['a digest that is no text', { ...statusz, models: [{ ...model, digest: 7 }] }],
    ['a shape of text', { ...statusz, models: [{ ...model, signature: { inputs: [{ name: 'x', datatype: 'FP32', shape: ['a'] }], outputs: [] } }] }],
    [
      'a shape of fractions',
      { ...statusz, models: [{ ...model, signature: { inputs: [{ name: 'x', datatype: 'FP32', shape: [1.5] }], outputs: [] } }] },
    ],
    ['a size that no integer holds', { ...statusz, models: [{ ...model, bytes: 1e300 }] }],
    ['a time that is none', { ...statusz, models: [{ ...model, verifiedAt: 'yesterday' }] }],
    ['too many models', { ...statusz, models: Array.from({ length: 65 }, () => model) }],
    ['another format', { ...statusz, models: [{ ...model, format: 'gguf' }] }],
  ])('%s is no data', (_, value) => expect(parseStatusz(value)).toBeUndefined());
});

describe('StatuszProbe', () => {
  let server: FakeHttpServer;
  let probe: StatuszProbe;
  beforeEach(async () => {
    server = await new FakeHttpServer((_, response) => answerJson(response, 200, statusz)).listen();
    probe = new StatuszProbe({ port: Number(new URL(server.url).port), timeoutMs: 100 });
  });
  afterEach(() => server.close());

  test('asks the pod for /statusz', async () => {
    expect(await probe.statusz('127.0.0.1')).toEqual(statusz);
    expect(server.calls[0]).toMatchObject({ method: 'GET', path: '/statusz' });
  });
  test.each<[string, ServeCall]>([
    ['an error', (_, response) => answerJson(response, 503, statusz)],
    ['no JSON', (_, response) => response.end('<html>')],
    ['another shape', (_, response) => answerJson(response, 200, { models: 3 })],
    ['silence', () => undefined],
    ['an answer that does not end', (_, response) => response.write('{')],
    ['too much', (_, response) => response.end(JSON.stringify({ ...statusz, filler: 'x'.repeat(300_000) }))],
    ['a reset', (_, response) => response.destroy()],
  ])('%s is no data', async (_, serve) => {
    server.answerWith(serve);
    expect(await probe.statusz('127.0.0.1')).toBeUndefined();
  });
  test('nobody listens, or the address is none', async () => {
    await server.close();
    expect(await probe.statusz('127.0.0.1')).toBeUndefined();
    expect(await probe.statusz('not an address')).toBeUndefined();
    server = await new FakeHttpServer(() => undefined).listen();
  });
  test('an IPv6 address is bracketed', async () => {
    const six = createServer((_, response) => answerJson(response, 200, statusz));
    const port = await new Promise<number>((resolve) => {
      six.once('error', () => resolve(0)); // a machine without IPv6
      six.listen(0, '::1', () => {
        const address = six.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
    if (port !== 0) expect(await new StatuszProbe({ port }).statusz('::1')).toEqual(statusz);
    six.close();
  });
});
