/** Uploads that something in between limits or breaks. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { pushModel } from '../../cli/push.js';
import { FakeClock } from './fake-clock.js';
import { FakeRegistry } from './fake-registry.js';

const MIB = 2 ** 20;
const model = Buffer.alloc(20 * MIB, 'model');
const folder = mkdtempSync(join(tmpdir(), 'slipway-push-'));
const path = join(folder, 'reader.onnx');
let registry: FakeRegistry;

beforeAll(async () => {
  writeFileSync(path, model);
  registry = await FakeRegistry.start();
});
afterEach(() => registry.reset());
afterAll(async () => {
  await registry.stop();
  rmSync(folder, { recursive: true });
});

/** Takes uploads as OCI distribution says; `limit` is the largest body that gets through. */
class Uploads {
  readonly sizes: number[] = [];
  readonly digests: string[] = [];
  readonly #parts: Buffer[] = [];
  breaks = 0;

  constructor(readonly limit: number) {}

  readonly intercept = (request: IncomingMessage, response: ServerResponse): boolean => {
    const { method, url = '' } = request;
    if (method === 'POST') this.#answer(response, 202);
    else if (method === 'PATCH' || method === 'PUT') this.#take(request, response, url);
    else return false;
    return true;
  };

  #answer(response: ServerResponse, status: number): void {
    response.writeHead(status, { location: '/v2/models/reader/blobs/uploads/1?state=x' }).end();
  }

  #take(request: IncomingMessage, response: ServerResponse, url: string): void {
    const length = Number(request.headers['content-length']);
    if (length > this.limit) {
      response.writeHead(413, { connection: 'close' }).end(); // as a proxy does: without reading it
      setTimeout(() => request.socket.destroy(), 200);
      return;
    }
    if (this.breaks > 0 && length > MIB) {
      this.breaks -= 1;
      request.socket.destroy();
      return;
    }
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => this.#keep(Buffer.concat(parts), url, response, request.method === 'PUT'));
  }

  #keep(body: Buffer, url: string, response: ServerResponse, isEnd: boolean): void {
    this.sizes.push(body.length);
    this.#parts.push(body);
    if (isEnd && url.includes('/uploads/')) {
      const digest = `sha256:${createHash('sha256')
        .update(Buffer.concat(this.#parts.splice(0)))
        .digest('hex')}`;
      this.digests.push(digest);
      if (new URL(url, 'http://x').searchParams.get('digest') !== digest) return void response.writeHead(400).end();
    }
    this.#answer(response, isEnd ? 201 : 202);
  }
}

const push = (clock = new FakeClock()) => pushModel({ model: path, uri: `oci://${registry.host}/models/reader:4`, plainHttp: ['127.0.0.1'], clock });

test('a body that a proxy finds too large goes in chunks', async () => {
  const uploads = new Uploads(16 * MIB);
  registry.intercept = uploads.intercept;
  const { contentDigest } = await push();
  expect(uploads.digests[0]).toBe(contentDigest);
  expect(uploads.sizes.slice(0, 3)).toEqual([16 * MIB, 4 * MIB, 0]);
});

test('an upload that breaks begins anew', async () => {
  const uploads = new Uploads(Number.POSITIVE_INFINITY);
  uploads.breaks = 2;
  registry.intercept = uploads.intercept;
  const clock = new FakeClock();
  const { contentDigest } = await push(clock);
  expect(uploads.digests[0]).toBe(contentDigest);
  expect(clock.sleeps).toEqual([500, 1000]);
});

test('a registry that forbids pushing is named with the fix', async () => {
  registry.intercept = ({ method }, response) => {
    if (method !== 'POST') return false;
    response.writeHead(403, { 'content-type': 'application/json' }).end('{"errors":[{"code":"DENIED","message":"read only"}]}');
    return true;
  };
  await expect(push()).rejects.toMatchObject({
    code: 'SOURCE_UNAUTHORIZED',
    message: expect.stringMatching(/answered 403 for the upload to "models\/reader" .*"DENIED: read only": no credentials were given/),
  });
});
