/** Models in buckets: versitygw, a server of others that checks signatures, then servers that break and lie. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { fetchModel } from '../../runtime/model/source/fetch-model.js';
import { listingDigest } from '../../runtime/model/source/listing-digest.js';
import { resolveModel } from '../../runtime/model/source/resolve-model.js';
import { BucketServer } from './bucket-server.js';
import { FakeBucket } from './fake-bucket.js';
import { digestOf } from './fake-registry.js';
import { makeTar } from './make-archive.js';
import { openTestContext, type TestContext } from './open-test-context.js';
import { runSlipway } from './slipway-process.js';

const MODEL = Buffer.from(Array.from({ length: 2 << 20 }, (_, index) => (index * 7919) >> 3));
const DATA = Buffer.alloc(3 << 20, 'weights');
const BOTH = listingDigest([
  { name: 'net.onnx', digest: digestOf(MODEL) },
  { name: 'net.onnx_data', digest: digestOf(DATA) },
]);
const KEYS = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'hunter2-very-secret' };

const root = mkdtempSync(join(tmpdir(), 'slipway-s3-'));
let count = 0;
afterAll(() => rmSync(root, { recursive: true }));

const newDest = () => join(root, `dest-${count++}`);

function secret(files: Readonly<Record<string, string>>): string {
  const folder = join(root, `secret-${count++}`);
  mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

describe('versitygw', () => {
  let server: BucketServer;
  beforeAll(async () => {
    server = await BucketServer.start(join(root, 'gateway'), KEYS);
    server.put('models', 'reader/net.onnx', MODEL);
    server.put('models', 'reader/net.onnx_data', DATA);
    server.put('models', 'odd/a+b=(c)!*-_.1/net.onnx', MODEL);
    server.put('models', 'reader.tar', makeTar([{ path: 'net.onnx', bytes: MODEL }]));
  }, 1_200_000);
  afterAll(() => server.stop());

  const run = (command: 'resolve' | 'fetch', uri: string, flags: readonly string[] = [], keys: Readonly<Record<string, string>> = KEYS) =>
    runSlipway([
      command,
      '--uri',
      uri,
      '--plain-http',
      '127.0.0.1',
      '--credentials',
      secret({ ...keys, AWS_ENDPOINT_URL: server.endpoint }),
      ...flags,
    ]);

  test.each([
    ['an object and what is called like it', 's3://models/reader/net.onnx', BOTH],
    ['the objects below a prefix', 's3://models/reader', BOTH],
    ['marks in a key', 's3://models/odd/a+b=(c)!*-_.1/net.onnx', digestOf(MODEL)],
  ])('%s: resolved, fetched and verified', async (_name, uri, digest) => {
    const resolved = await run('resolve', uri);
    expect(resolved.termination).toMatchObject({ code: 'OK', digest, contentDigest: digest });
    const dest = newDest();
    expect((await run('fetch', uri, ['--digest', digest, '--dest', dest])).termination).toMatchObject({ code: 'OK', digest });
    expect(readFileSync(join(dest, 'model.onnx')).equals(MODEL)).toBe(true);
    if (digest === BOTH) expect(readFileSync(join(dest, 'net.onnx_data')).equals(DATA)).toBe(true);
  });

  test('an archive is fetched and unpacked', async () => {
    const dest = newDest();
    expect((await run('fetch', 's3://models/reader.tar', ['--dest', dest])).termination).toMatchObject({
      code: 'OK',
      contentDigest: digestOf(MODEL),
    });
    expect(readdirSync(dest).sort()).toEqual(['model.onnx', 'slipway.json']);
  });

  test.each([
    [
      'a wrong key',
      's3://models/reader',
      { ...KEYS, AWS_SECRET_ACCESS_KEY: 'other' },
      'SOURCE_UNAUTHORIZED',
      /SignatureDoesNotMatch.*the keys in the Secret are not accepted/,
    ],
    // AWS says 403 here, this server 404: its words tell
    [
      'an unknown user',
      's3://models/reader',
      { ...KEYS, AWS_ACCESS_KEY_ID: 'NOBODY' },
      'SOURCE_NOT_FOUND',
      /No user exists with the provided access key ID/,
    ],
    ['no such bucket', 's3://nothing/reader', KEYS, 'SOURCE_NOT_FOUND', /NoSuchBucket.*check bucket and key/],
    ['no such object', 's3://models/reader/other.onnx', KEYS, 'SOURCE_NOT_FOUND', /has no file "reader\/other\.onnx"/],
    ['no such archive', 's3://models/other.tar', KEYS, 'SOURCE_NOT_FOUND', /NoSuchKey/],
  ])('%s is said by name, and no secret with it', async (_name, uri, keys, code, text) => {
    const { termination, stdout, stderr } = await run('resolve', uri, [], keys);
    expect(termination).toMatchObject({ code, message: expect.stringMatching(text) });
    expect(stdout + stderr + JSON.stringify(termination)).not.toContain(KEYS.AWS_SECRET_ACCESS_KEY);
  });
});

describe('a bucket on loopback', () => {
  const opened: TestContext[] = [];
  let bucket: FakeBucket;
  beforeAll(async () => {
    bucket = await FakeBucket.start();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(({ context }) => context.transport.close()));
    bucket.reset();
  });
  afterAll(() => bucket.stop());

  async function open(uri: string, flags: readonly string[] = [], env: Readonly<Record<string, string>> = KEYS) {
    const made = await openTestContext(['--uri', uri, '--plain-http', '127.0.0.1', ...flags], { env: { AWS_ENDPOINT_URL: bucket.endpoint, ...env } });
    opened.push(made);
    return made.context;
  }

  function putBoth(): void {
    bucket.put('reader/net.onnx', MODEL);
    bucket.put('reader/net.onnx_data', DATA);
    bucket.put('reader/', Buffer.alloc(0)); // as consoles make folders
  }

  test('pages of the list are followed', async () => {
    putBoth();
    bucket.pageSize = 1;
    expect(await resolveModel(await open('s3://models'))).toEqual({ digest: BOTH, contentDigest: BOTH, bytes: MODEL.length + DATA.length });
  });

  test('where versions are kept the one that was resolved is fetched, whatever came after it', async () => {
    bucket.hasVersions = true;
    bucket.put('net.onnx', MODEL);
    const { digest, sourceRevision = '' } = await resolveModel(await open('s3://models/net.onnx'));
    expect([digest, sourceRevision]).toEqual([digestOf(MODEL), 'v1']);
    bucket.put('net.onnx', DATA);
    const dest = newDest();
    await fetchModel(await open('s3://models/net.onnx', ['--digest', digest, '--source-revision', sourceRevision]), dest);
    expect(readFileSync(join(dest, 'model.onnx')).equals(MODEL)).toBe(true);
    await expect(fetchModel(await open('s3://models/net.onnx', ['--digest', digest]), newDest())).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
  });

  test('of an archive too', async () => {
    bucket.hasVersions = true;
    const archive = makeTar([{ path: 'net.onnx', bytes: MODEL }]);
    bucket.put('net.tar', archive);
    expect(await resolveModel(await open('s3://models/net.tar'))).toEqual({ digest: digestOf(archive), sourceRevision: 'v1' });
  });

  test('a transfer that breaks is taken up where it broke, and not joined with what has replaced the object', async () => {
    bucket.put('net.onnx', Buffer.alloc(MODEL.length, 'old'));
    let isFirst = true;
    bucket.intercept = ({ url = '', headers }, response) => {
      if (!url.startsWith('/models/net.onnx') || headers.range === 'bytes=0-0' || !isFirst) return false;
      isFirst = false;
      response.writeHead(200, { 'content-length': MODEL.length, etag: '"old"' });
      response.write(Buffer.alloc(1 << 20, 'old'), () => setTimeout(() => response.socket?.end(), 100));
      bucket.put('net.onnx', MODEL);
      return true;
    };
    const dest = newDest();
    await fetchModel(await open('s3://models/net.onnx'), dest);
    expect(readFileSync(join(dest, 'model.onnx')).equals(MODEL)).toBe(true);
    const ranges = bucket.seen.filter(({ path }) => path.startsWith('/models/net.onnx')).map(({ range }) => range);
    expect(ranges).toEqual(['bytes=0-0', undefined, expect.stringMatching(/^bytes=[1-9]\d*-$/), undefined]);
  });

  test('a bucket of another region says so, and is asked as it wants', async () => {
    putBoth();
    bucket.region = 'eu-central-1';
    expect(await resolveModel(await open('s3://models/reader'))).toMatchObject({ digest: BOTH });
    expect(bucket.seen.filter(({ authorization }) => authorization?.includes('/us-east-1/') === true)).toHaveLength(1);
  });

  test('a redirect to another host takes neither signature nor session token with it', async () => {
    const other = await FakeBucket.start();
    bucket.intercept = ({ url }, response) => {
      response.writeHead(307, { location: `${other.endpoint}${url}` }).end();
      return true;
    };
    await expect(resolveModel(await open('s3://models/reader', [], { ...KEYS, AWS_SESSION_TOKEN: 'token' }))).rejects.toMatchObject({
      code: 'SOURCE_UNAUTHORIZED',
    });
    expect(bucket.seen[0]).toMatchObject({ token: 'token', authorization: expect.stringContaining('AKID') });
    expect(other.seen[0]).toMatchObject({ token: undefined, authorization: undefined });
    await other.stop();
  });

  test.each<[string, Readonly<Record<string, string>>, string, RegExp]>([
    [
      'half of the keys',
      { AWS_ACCESS_KEY_ID: 'AKID' },
      'SOURCE_UNAUTHORIZED',
      /one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY without the other/,
    ],
    ['no keys', {}, 'SOURCE_UNAUTHORIZED', /AccessDenied.*no credentials were given: name a Secret with AWS_ACCESS_KEY_ID/],
    ['a region that is none', { ...KEYS, AWS_REGION: 'eu central' }, 'USAGE', /AWS_REGION "eu central" is no region/],
    ['an endpoint that is none', { ...KEYS, AWS_ENDPOINT_URL: 'minio' }, 'USAGE', /AWS_ENDPOINT_URL must have the form/],
    ['an endpoint in the clear', { ...KEYS, AWS_ENDPOINT_URL: 'http://minio.test:9000' }, 'USAGE', /"http:\/\/minio\.test:9000\/" is not encrypted/],
  ])('%s: refused by name', async (_name, env, code, text) => {
    await expect(resolveModel(await open('s3://models/reader', [], env))).rejects.toMatchObject({ code, message: expect.stringMatching(text) });
  });

  test('a Secret for registries is no Secret for S3', async () => {
    const folder = secret({ username: 'ann', password: 'hunter2' });
    await expect(open('s3://models/reader', ['--credentials', folder])).rejects.toThrow(/none of the keys that S3 needs/);
  });

  test('a server that does not speak S3 is named', async () => {
    bucket.intercept = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
      return true;
    };
    await expect(resolveModel(await open('s3://models/reader'))).rejects.toThrow(/with something else: does it speak S3\?/);
  });
});
