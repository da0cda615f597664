import { describe, expect, test } from '@jest/globals';
import type { Statusz } from '../../contract/statusz.js';
import { HttpServer } from '../../lib/http-server.js';
import { newProbesHandler } from './probes.js';

const statusz: Statusz = { version: '1', onnxruntime: '1', threads: 1, instances: 1, models: [] };

async function withServer<Result>(
  readiness: { isReady: boolean; reason: string },
  use: (url: string) => Promise<Result>,
  metrics = async () => ({ contentType: 'text/plain', body: 'm 1\n' }),
): Promise<Result> {
  const errors: unknown[] = [];
  const server = new HttpServer('probes', newProbesHandler({ readiness: () => readiness, statusz: () => statusz, metrics }), (error) =>
    errors.push(error),
  );
  const port = await server.listen('127.0.0.1', 0);
  try {
    return await use(`http://127.0.0.1:${port}`);
  } finally {
    await server.close();
  }
}

const ask = async (url: string, method = 'GET') => {
  const answer = await fetch(url, { method, headers: { connection: 'close' } });
  return `${answer.status} ${await answer.text()}`;
};
const READY = { isReady: true, reason: '' };

describe('probes', () => {
  test.each([
    ['/livez', READY, '200 ok\n'],
    ['/livez', { isReady: false, reason: 'loading' }, '200 ok\n'],
    ['/readyz', READY, '200 ok\n'],
    ['/readyz', { isReady: false, reason: 'model m version 1 is Loading' }, '503 model m version 1 is Loading\n'],
    ['/readyz?verbose', READY, '200 ok\n'],
    ['/statusz', READY, `200 ${JSON.stringify(statusz)}\n`],
    ['/metrics', READY, '200 m 1\n'],
  ])('%s when %j', async (path, readiness, want) => expect(await withServer(readiness, (url) => ask(url + path))).toBe(want));
  test('other paths and methods are refused', async () => {
    expect(await withServer(READY, (url) => ask(`${url}/etc`))).toMatch(/^404 .*\/livez/);
    expect(await withServer(READY, (url) => ask(`${url}/livez`, 'POST'))).toMatch(/^405 /);
  });
  test('a failure inside is a 500 without its text', async () => {
    expect(
      await withServer(
        READY,
        (url) => ask(`${url}/metrics`),
        () => Promise.reject(new Error('secret')),
      ),
    ).toBe('500 ');
  });
});
