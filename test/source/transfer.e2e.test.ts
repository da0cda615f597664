/** What a transfer survives and what it refuses: servers on loopback that break, lie, stall and change their mind. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { fetchModel } from '../../runtime/model/source/fetch-model.js';
import { resolveModel } from '../../runtime/model/source/resolve-model.js';
import { SourceError } from '../../runtime/model/source/source-error.js';
import { digestOf, FakeRegistry, rangeOf } from './fake-registry.js';
import { openTestContext, type TestContext, type TestContextOptions } from './open-test-context.js';

const MODEL = Buffer.from(Array.from({ length: 3 << 20 }, (_, index) => (index * 7919) >> 3));
const HALF = MODEL.length / 2;
const REPOSITORY = 'models/reader';
const WRONG = `sha256:${'0'.repeat(64)}`;

let server: FakeRegistry;
let digest = '';
let contentDigest = '';
let dest = '';
const opened: TestContext[] = [];

beforeAll(async () => {
  server = await FakeRegistry.start();
  ({ digest, contentDigest } = server.addModel(REPOSITORY, '4', MODEL));
  server.addFile('/reader.onnx', MODEL);
});
afterAll(() => server.stop());
beforeEach(() => {
  dest = mkdtempSync(join(tmpdir(), 'slipway-fetch-'));
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ context }) => context.transport.close()));
  server.reset();
  rmSync(dest, { recursive: true });
});

async function open(uri: string, flags: readonly string[] = [], options: TestContextOptions = {}): Promise<TestContext> {
  const made = await openTestContext(['--uri', uri, '--plain-http', '127.0.0.1', ...flags], options);
  opened.push(made);
  return made;
}

const openOci = (options?: TestContextOptions) => open(`oci://${server.host}/${REPOSITORY}:4`, ['--digest', digest], options);
const openUrl = (flags = ['--digest', contentDigest], options?: TestContextOptions) => open(`http://${server.host}/reader.onnx`, flags, options);

function expectModel(): void {
  expect(readFileSync(join(dest, 'model.onnx')).equals(MODEL)).toBe(true);
  expect(readdirSync(dest).sort()).toEqual(['model.onnx', 'slipway.json']);
}

/** A range that begins somewhere in the first half: what was on its way when the connection ended is lost. */
const RESUMED = expect.stringMatching(/^bytes=[1-9]\d*-$/);

const isBlob = (path: string | undefined) => path?.includes('/blobs/') === true || path === '/reader.onnx';

/** Half of the model, then the connection ends. Not by a reset, which may take bytes back that the client had not read yet. */
function sendHalf(response: ServerResponse, headers: Record<string, string> = {}, half = MODEL.subarray(0, HALF)): true {
  response.writeHead(200, { 'content-length': MODEL.length, ...headers });
  response.write(half, () => setTimeout(() => response.socket?.end(), 100));
  return true;
}

/** Says to the fake registry that it need not answer. */
function done(_response: ServerResponse): true {
  return true;
}

/** The first request for the model's bytes is answered so, later ones as they should be. */
function onFirst(answer: (response: ServerResponse) => true): void {
  let isFirst = true;
  server.intercept = ({ url }, response) => {
    if (!isBlob(url) || !isFirst) return false;
    isFirst = false;
    return answer(response);
  };
}

const ranges = () => server.seen.filter(({ path }) => isBlob(path)).map(({ range }) => range);

describe('a transfer that breaks', () => {
  test.each([
    ['a blob', () => openOci()],
    ['a file that a digest names', () => openUrl()],
  ])('%s is taken up where it broke', async (_name, openIt) => {
    onFirst((response) => sendHalf(response));
    const { context, clock, lines } = await openIt();
    await expect(fetchModel(context, dest)).resolves.toMatchObject({ reused: false, record: { contentDigest, bytes: MODEL.length } });
    expectModel();
    expect(ranges()).toEqual([undefined, RESUMED]);
    expect(clock.sleeps).toEqual([500]);
    expect(lines).toContainEqual(expect.stringMatching(/^Trying again .*connection (reset|closed)/));
  });

  test('begins anew where the server knows no ranges', async () => {
    server.hasRanges = false;
    onFirst((response) => sendHalf(response));
    await fetchModel((await openOci()).context, dest);
    expectModel();
  });

  test('begins anew when the file changed meanwhile (If-Range)', async () => {
    onFirst((response) => sendHalf(response, { etag: '"old"' }, Buffer.alloc(HALF)));
    const { context } = await openUrl(['--allow-unpinned']);
    await fetchModel(context, dest);
    expectModel();
    expect(ranges()).toEqual([undefined, RESUMED]);
  });

  test('a reset connection is no end', async () => {
    onFirst((response) => {
      response.writeHead(200, { 'content-length': MODEL.length });
      response.write(MODEL.subarray(0, HALF), () => response.socket?.resetAndDestroy());
      return true;
    });
    await fetchModel((await openOci()).context, dest);
    expectModel();
  });

  test('a server that ignores If-Range gets no two files joined', async () => {
    let count = 0;
    server.intercept = ({ headers }, response) => {
      count += 1;
      if (count === 1) return sendHalf(response, { etag: '"old"' }, Buffer.alloc(HALF));
      if (count > 2) return false;
      const start = Number(/\d+/.exec(headers.range ?? '')?.[0]);
      const part = { 'content-length': MODEL.length - start, etag: '"new"', ...rangeOf(start, MODEL.length) };
      response.writeHead(206, part).end(MODEL.subarray(start));
      return true;
    };
    await fetchModel((await openUrl(['--allow-unpinned'])).context, dest);
    expectModel();
    expect(ranges()).toEqual([undefined, RESUMED, undefined]);
  });

  test('an unpinned file without a strong ETag is never resumed', async () => {
    onFirst((response) => sendHalf(response, { etag: 'W/"weak"' }));
    await fetchModel((await openUrl(['--allow-unpinned'])).context, dest);
    expectModel();
    expect(ranges()).toEqual([undefined, undefined]);
  });

  test('a range that ends early is asked for again', async () => {
    let count = 0;
    server.intercept = ({ url, headers }, response) => {
      if (!isBlob(url)) return false;
      count += 1;
      if (count === 1) return sendHalf(response);
      if (count > 2) return false;
      const start = Number(/\d+/.exec(headers.range ?? '')?.[0]);
      const part = { 'content-length': 10, 'content-range': `bytes ${start}-${start + 9}/${MODEL.length}` };
      response.writeHead(206, part).end(MODEL.subarray(start, start + 10));
      return true;
    };
    await fetchModel((await openUrl()).context, dest);
    expectModel();
    const [, second = '', third] = ranges();
    expect(third).toBe(`bytes=${Number(second.slice(6, -1)) + 10}-`);
  });

  test('a server that has nothing at the offset is asked from the start', async () => {
    let count = 0;
    server.intercept = ({ url }, response) => {
      if (!isBlob(url)) return false;
      count += 1;
      if (count === 1) return sendHalf(response);
      if (count > 2) return false;
      response.writeHead(416).end();
      return true;
    };
    await fetchModel((await openUrl()).context, dest);
    expectModel();
    expect(ranges()).toEqual([undefined, RESUMED, undefined]);
  });

  test('every byte came and only the end of the answer was lost: nothing is asked again', async () => {
    onFirst((response) => {
      response.writeHead(200); // chunked: its end is a chunk of its own
      response.write(MODEL, () => setTimeout(() => response.socket?.end(), 500));
      return true;
    });
    await fetchModel((await openOci()).context, dest);
    expectModel();
    expect(ranges()).toEqual([undefined]);
  });

  test('a body that stalls is given up and taken up again', async () => {
    onFirst((response) => {
      response.writeHead(200, { 'content-length': MODEL.length }).write(MODEL.subarray(0, HALF));
      return true;
    });
    const { context, lines } = await openOci({ timeouts: { bodyMs: 300 } });
    await fetchModel(context, dest);
    expectModel();
    expect(lines).toContainEqual(expect.stringMatching(/^Trying again .*the transfer stalled/));
  });

  test('always breaking at the same byte ends after five tries', async () => {
    server.intercept = ({ url }, response) => isBlob(url) && sendHalf(response);
    server.hasRanges = false;
    const { context, clock } = await openUrl();
    await expect(fetchModel(context, dest)).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE', message: expect.stringContaining('(5 tries)') });
    expect(clock.sleeps).toEqual([500, 1000, 2000, 4000]);
    expect(readdirSync(dest)).toEqual([]);
  });

  test('slow but steady progress is never given up: what is more than a megabyte begins the count again', async () => {
    const large = Buffer.alloc(16 << 20, 'x');
    const tag = server.addModel('models/large', '1', large);
    server.intercept = ({ url, headers }, response) => {
      if (!isBlob(url)) return false;
      const start = Number(/=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0);
      const end = Math.min(large.length, start + (2 << 20));
      response.writeHead(start === 0 ? 200 : 206, { 'content-length': large.length - start, ...rangeOf(start, large.length) });
      response.write(large.subarray(start, end), () => setTimeout(() => response.socket?.end(), 20));
      return true;
    };
    const { context, clock } = await open(`oci://${server.host}/models/large@${tag.digest}`);
    await expect(fetchModel(context, dest)).resolves.toMatchObject({ record: { bytes: large.length } });
    expect(clock.sleeps.length).toBeGreaterThan(5);
  });
});

describe('bytes that are not the asked ones', () => {
  test.each<[string, () => Promise<TestContext>, () => void, RegExp]>([
    [
      'a file with another digest',
      () => openUrl(['--digest', WRONG]),
      () => undefined,
      /model "reader\.onnx" from "127\.0\.0\.1:\d+" has the digest sha256:[a-f0-9]{64} \(3145728 bytes\), sha256:0{64} was asked for/,
    ],
    [
      'a blob of the same length',
      () => openOci(),
      () => onFirst((response) => done(response.end(Buffer.alloc(MODEL.length)))),
      /model sha256:.* of "models\/reader" from .* has the digest sha256:/,
    ],
    [
      'a blob that is too long',
      () => openOci(),
      () => onFirst((response) => done(response.end(Buffer.alloc(MODEL.length + 1)))),
      /has 3145729 bytes for the model .*, its manifest says 3145728/,
    ],
    [
      'a blob that is too long and does not say so',
      () => openOci(),
      () =>
        onFirst((response) => {
          response.writeHead(200);
          response.write(MODEL);
          return done(response.end('x'));
        }),
      /has more than \d+ bytes for the model .*, its manifest says 3145728/,
    ],
    [
      'a manifest that is not the asked one',
      () => openOci(),
      () => {
        server.intercept = ({ url }, response) => url?.includes('/manifests/') === true && done(response.end('{"layers":[]}'));
      },
      /answered for the manifest of "models\/reader@sha256:.*" with bytes whose digest is sha256:.*: the registry or something in between changed them/,
    ],
  ])('%s is refused, and nothing of it stays', async (_name, openIt, lie, want) => {
    lie();
    const { context, clock } = await openIt();
    await expect(fetchModel(context, dest)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH', message: expect.stringMatching(want) });
    expect(readdirSync(dest)).toEqual([]);
    expect(clock.sleeps).toEqual([]);
  });

  test('a tag that answers with other bytes than its header promises is refused when it is resolved', async () => {
    server.intercept = (_request, response) => done(response.writeHead(200, { 'docker-content-digest': WRONG }).end('{"layers":[]}'));
    const { context } = await open(`oci://${server.host}/${REPOSITORY}:4`);
    await expect(resolveModel(context)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
  });

  test('a compressed answer is refused: the digest is of the file as it is', async () => {
    onFirst((response) => done(response.writeHead(200, { 'content-encoding': 'gzip' }).end('x')));
    await expect(fetchModel((await openUrl()).context, dest)).rejects.toMatchObject({
      code: 'ARTIFACT_INVALID',
      message: expect.stringContaining('with Content-Encoding gzip: serve the file as it is'),
    });
  });

  test('a manifest without end is not read to the end', async () => {
    server.intercept = (_request, response) => {
      response.writeHead(200);
      const more = () => void (response.writable && !response.destroyed && response.write(Buffer.alloc(1 << 16), () => setImmediate(more)));
      more();
      return true;
    };
    const { context } = await openOci();
    await expect(fetchModel(context, dest)).rejects.toMatchObject({
      code: 'ARTIFACT_INVALID',
      message: expect.stringContaining('larger than 4194304'),
    });
  });
});

describe('statuses', () => {
  test.each<[number, Record<string, string>, string, number[]]>([
    [429, { 'retry-after': '7' }, 'SOURCE_UNREACHABLE', [7000, 7000, 7000, 7000]],
    [503, {}, 'SOURCE_UNREACHABLE', [500, 1000, 2000, 4000]],
    [500, {}, 'SOURCE_UNREACHABLE', [500, 1000, 2000, 4000]],
    [401, {}, 'SOURCE_UNAUTHORIZED', []],
    [403, {}, 'SOURCE_UNAUTHORIZED', []],
    [404, {}, 'SOURCE_NOT_FOUND', []],
    [400, {}, 'SOURCE_UNREACHABLE', []],
  ])('%i with %j ends as %s after the waits %j', async (status, headers, code, sleeps) => {
    server.intercept = (_request, response) => done(response.writeHead(status, headers).end());
    for (const { context, clock } of [await openOci(), await openUrl()]) {
      await expect(fetchModel(context, dest)).rejects.toMatchObject({ code, message: expect.stringContaining(`answered ${status} for the m`) });
      expect(clock.sleeps).toEqual(sleeps);
    }
    expect(readdirSync(dest)).toEqual([]);
  });

  test('one 503 is forgotten', async () => {
    onFirst((response) => done(response.writeHead(503).end()));
    await fetchModel((await openOci()).context, dest);
    expectModel();
  });

  test('nobody listens', async () => {
    const gone = await FakeRegistry.start();
    const { host } = gone;
    await gone.stop();
    const { context, clock } = await open(`oci://${host}/reader:4`, ['--digest', digest]);
    await expect(fetchModel(context, dest)).rejects.toMatchObject({
      code: 'SOURCE_UNREACHABLE',
      message: `Could not reach "${host}": connection refused: nothing listens there (5 tries)`,
    });
    expect(clock.sleeps).toHaveLength(4);
  });

  test('no answer in time', async () => {
    server.intercept = () => true;
    const { context } = await openOci({ timeouts: { headersMs: 100 } });
    await expect(fetchModel(context, dest)).rejects.toMatchObject({
      code: 'SOURCE_UNREACHABLE',
      message: expect.stringMatching(/: no answer in time \(5 tries\)$/),
    });
  });

  test('redirects are followed, a loop of them is not', async () => {
    server.intercept = ({ url }, response) => {
      if (url === '/reader.onnx' || url?.includes('/blobs/') === true) return false;
      return done(response.writeHead(307, { location: url === '/go' ? '/reader.onnx' : '/round' }).end());
    };
    await fetchModel((await open(`http://${server.host}/go`, ['--digest', contentDigest])).context, dest);
    expectModel();
    const { context } = await open(`http://${server.host}/round`, ['--digest', WRONG]);
    await expect(fetchModel(context, dest)).rejects.toThrow(/redirects more than 8 times: a loop\?/);
  });
});

describe('what is there already', () => {
  test('is hashed and not fetched again', async () => {
    await fetchModel((await openOci()).context, dest);
    server.seen.length = 0;
    await expect(fetchModel((await openOci()).context, dest)).resolves.toMatchObject({ reused: true, record: { digest, contentDigest } });
    expect(server.seen).toEqual([]);
  });

  test('is fetched again when a bit of it changed', async () => {
    await fetchModel((await openOci()).context, dest);
    writeFileSync(join(dest, 'model.onnx'), Buffer.concat([MODEL.subarray(0, -1), Buffer.from([1])]));
    await expect(fetchModel((await openOci()).context, dest)).resolves.toMatchObject({ reused: false });
    expectModel();
  });

  test("makes way for another digest's bytes, also when those cannot be had", async () => {
    await fetchModel((await openOci()).context, dest);
    await expect(fetchModel((await openUrl(['--digest', WRONG])).context, dest)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    expect(readdirSync(dest)).toEqual([]);
  });
});

describe('a stop', () => {
  test('in the middle of a transfer ends it at once, with its reason and nothing left', async () => {
    const abort = new AbortController();
    server.intercept = ({ url }, response) => {
      if (!isBlob(url)) return false;
      response.writeHead(200, { 'content-length': MODEL.length }).write(MODEL.subarray(0, HALF));
      setTimeout(() => abort.abort(new SourceError('INTERNAL', 'Stopped by SIGTERM')), 50);
      return true;
    };
    const { context } = await openOci({ signal: abort.signal });
    await expect(fetchModel(context, dest)).rejects.toThrow('Stopped by SIGTERM');
    expect(readdirSync(dest)).toEqual([]);
  });
});

test('resolving an unpinned URL hashes what comes and keeps nothing', async () => {
  const { context } = await openUrl(['--allow-unpinned']);
  await expect(resolveModel(context)).resolves.toEqual({ digest: digestOf(MODEL), contentDigest: digestOf(MODEL), bytes: MODEL.length });
  await expect(resolveModel((await openUrl([])).context)).rejects.toMatchObject({ code: 'UNPINNED' });
});
