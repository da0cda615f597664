/** How `resolve` and `fetch` end as containers: exit code, termination message, progress on stdout, and no secret anywhere. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { TERMINATION_CODES, type TerminationCode } from '../../contract/termination.js';
import { FakeRegistry } from './fake-registry.js';
import { runSlipway, type SlipwayEnd, type SlipwayOptions } from './slipway-process.js';

const SECRET = 'hunter2-very-secret';
const MODEL = Buffer.alloc(8 << 20, 'model');
const ABSENT = `sha256:${'0'.repeat(64)}`;
const folder = mkdtempSync(join(tmpdir(), 'slipway-exit-'));
const credentials = join(folder, 'secret');
let server: FakeRegistry;
let digest = '';
let contentDigest = '';
let count = 0;

beforeAll(async () => {
  server = await FakeRegistry.start();
  ({ digest, contentDigest } = server.addModel('reader', '4', MODEL));
  server.addManifest('reader', 'empty', { layers: [] });
  server.addFile('/reader.onnx', MODEL);
  mkdirSync(credentials);
  writeFileSync(join(credentials, 'username'), 'ann');
  writeFileSync(join(credentials, 'password'), SECRET);
});
afterEach(() => server.reset());
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

const oci = (tag = '4') => `oci://${server.host}/reader:${tag}`;
const url = (path = '/reader.onnx') => `http://${server.host}${path}`;
const newDest = () => join(folder, `dest-${count++}`, 'reader', '1');

function run(command: 'resolve' | 'fetch', uri: string, flags: readonly string[] = [], options: SlipwayOptions = {}): Promise<SlipwayEnd> {
  return runSlipway([command, '--uri', uri, '--plain-http', '127.0.0.1', ...flags], options);
}

const fetchOci = (dest: string, options?: SlipwayOptions) => run('fetch', oci(), ['--digest', digest, '--dest', dest], options);

describe('each cause has its exit code, and the termination message says the same in words', () => {
  const cases: readonly (readonly [string, () => Promise<SlipwayEnd>, TerminationCode, string, RegExp])[] = [
    ['resolved', () => run('resolve', oci()), 'OK', 'resolve', /^Resolved oci:.*\/reader:4 to sha256:/],
    ['fetched', () => fetchOci(newDest()), 'OK', 'verify', /^Fetched and verified oci:.*, 8\.0 MiB in \d+\.\d s$/],
    [
      'fetched from the web',
      () => run('fetch', url(), ['--digest', contentDigest, '--dest', newDest()]),
      'OK',
      'verify',
      /^Fetched and verified http:/,
    ],
    ['no flags', () => runSlipway(['resolve']), 'USAGE', 'resolve', /--uri is missing/],
    ['no destination', () => run('fetch', oci(), ['--digest', digest]), 'USAGE', 'download', /--dest is missing/],
    [
      'an unknown command',
      () => runSlipway(['download']),
      'USAGE',
      'serve',
      /"download" is not a command of the runtime: give resolve, fetch, serve/,
    ],
    [
      'an unknown scheme',
      () => run('resolve', 'ftp://h/m.onnx'),
      'URI_INVALID',
      'resolve',
      /unknown scheme: use one of oci:\/\/, hf:\/\/, s3:\/\/, https:\/\/, http:\/\//,
    ],
    ['unpinned', () => run('resolve', url()), 'UNPINNED', 'resolve', /can change: give the file's digest/],
    [
      'refused',
      () => run('resolve', 'oci://127.0.0.1:1/reader:4'),
      'SOURCE_UNREACHABLE',
      'resolve',
      /^Could not reach "127\.0\.0\.1:1": .*\(5 tries\)$/,
    ],
    ['absent', () => run('resolve', oci('5')), 'SOURCE_NOT_FOUND', 'resolve', /answered 404 for the manifest of "reader:5"/],
    ['no artifact', () => run('resolve', oci('empty')), 'ARTIFACT_INVALID', 'resolve', /has no layer at all/],
    [
      'other bytes',
      () => run('fetch', url(), ['--digest', ABSENT, '--dest', newDest()]),
      'DIGEST_MISMATCH',
      'verify',
      /has the digest sha256:.*sha256:0{64} was asked for/,
    ],
  ];
  test.each(cases)('%s', async (_name, end, code, stage, text) => {
    const { code: exit, termination, logs, stderr } = await end();
    expect(termination).toMatchObject({ code, stage, message: expect.stringMatching(text) });
    expect(exit).toBe(TERMINATION_CODES[code].exit);
    expect(stderr).not.toMatch(/\n\s+at /); // a person reads this, not a stack
    if (termination?.stage !== 'serve') expect(logs.at(-1)).toMatchObject({ code, stage, message: code === 'OK' ? 'Finished' : 'Gave up' });
  });

  test('401', async () => {
    server.intercept = (_request, response) => {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      return true;
    };
    const { code, termination } = await run('resolve', oci(), ['--credentials', credentials]);
    expect([code, termination?.code]).toEqual([TERMINATION_CODES.SOURCE_UNAUTHORIZED.exit, 'SOURCE_UNAUTHORIZED']);
  });
});

describe('a full disk', () => {
  test('is known before the first byte, where the size is', async () => {
    const disk = { folder: join(folder, `disk-${count++}`), bytes: 4 << 20 };
    mkdirSync(disk.folder);
    const { code, termination } = await fetchOci(join(disk.folder, 'reader', '1'), { disk });
    expect(termination).toMatchObject({
      code: 'DISK_FULL',
      stage: 'download',
      message: expect.stringMatching(
        /^The model does not fit into ".*\/reader\/1": 8\.0 MiB more are needed and [34]\.\d MiB are free\. Give the volume/,
      ),
    });
    expect(code).toBe(TERMINATION_CODES.DISK_FULL.exit);
    expect(existsSync(join(disk.folder, 'reader'))).toBe(false); // the disk was the process's own
  });
  test('is met on the way, where it is not', async () => {
    const disk = { folder: join(folder, `disk-${count++}`), bytes: 4 << 20 };
    mkdirSync(disk.folder);
    server.intercept = (_request, response) => {
      response.writeHead(200); // chunked: no length
      response.end(MODEL);
      return true;
    };
    const flags = ['--digest', contentDigest, '--dest', join(disk.folder, 'reader', '1')];
    const { code, termination } = await run('fetch', url(), flags, { disk });
    expect(termination).toMatchObject({ code: 'DISK_FULL', message: expect.stringContaining('no space is left') });
    expect(code).toBe(TERMINATION_CODES.DISK_FULL.exit);
  });
});

test('progress is on stdout: bytes, percent and speed, once a second', async () => {
  server.intercept = ({ url: path }, response) => {
    if (path?.includes('/blobs/') !== true) return false;
    response.writeHead(200, { 'content-length': MODEL.length });
    const quarter = MODEL.length / 4;
    for (const [index, delay] of [0, 600, 1200, 1800].entries()) {
      setTimeout(() => response.write(MODEL.subarray(index * quarter, (index + 1) * quarter), () => void (index === 3 && response.end())), delay);
    }
    return true;
  };
  const { logs, code } = await fetchOci(newDest());
  expect(code).toBe(0);
  const told = logs.filter(({ message }) => message === 'Downloaded part of the model');
  expect(told.length).toBeGreaterThanOrEqual(1);
  expect(told.length).toBeLessThanOrEqual(2);
  expect(told[0]).toMatchObject({ logger: 'fetch', totalBytes: MODEL.length, percent: expect.any(Number), bytesPerSecond: expect.any(Number) });
});

test('SIGTERM ends a transfer at once and says so; nothing is left', async () => {
  const dest = newDest();
  server.intercept = ({ url: path }, response) => {
    if (path?.includes('/blobs/') !== true) return false;
    response.writeHead(200, { 'content-length': MODEL.length });
    const timer = setInterval(() => response.write(Buffer.alloc(1000)), 20);
    response.on('close', () => clearInterval(timer));
    return true;
  };
  const end = await fetchOci(dest, { onLine: (line, child) => void (line.includes('Downloaded part') && child.kill('SIGTERM')) });
  expect(end.termination).toMatchObject({ code: 'INTERNAL', stage: 'download', message: 'Stopped by SIGTERM before the end' });
  expect(end.code).toBe(TERMINATION_CODES.INTERNAL.exit);
  expect(readdirSync(dest)).toEqual([]);
});

test('no secret is in any output or on the disk: password, proxy, signed query, token', async () => {
  const challenge = `Bearer realm="http://${server.host}/token",service="x"`;
  server.intercept = ({ url: path, headers }, response) => {
    if (path?.startsWith('/token') === true) response.writeHead(200).end(JSON.stringify({ token: `token-${SECRET}` }));
    else if (headers.authorization === undefined) response.writeHead(401, { 'www-authenticate': challenge }).end();
    else if (path?.includes('moved') === true) response.writeHead(403).end();
    else if (path?.includes('/blobs/') === true) response.writeHead(307, { location: `/moved?signature=${SECRET}` }).end();
    else return false;
    return true;
  };
  const env = { HTTPS_PROXY: `http://bob:${SECRET}@127.0.0.1:1`, HTTP_PROXY: `http://bob:${SECRET}@127.0.0.1:1` };
  const dest = newDest();
  const flags = ['--digest', digest, '--dest', dest, '--credentials', credentials];
  const ends = [
    await run('fetch', oci(), flags, { env }),
    await run('fetch', url(`/reader.onnx?signature=${SECRET}`), ['--digest', contentDigest, '--dest', dest, '--credentials', credentials]),
    await run('resolve', `https://ann:${SECRET}@models.invalid/reader.onnx`, ['--allow-unpinned']),
    await run('resolve', `ftp://ann:${SECRET}@models.invalid/reader.onnx`),
    await run('resolve', 'oci://registry.invalid/reader:4', [], { env }),
    await runSlipway(['resolve', `https://ann:${SECRET}@models.invalid/reader.onnx`]),
  ];
  expect(ends.map(({ termination }) => termination?.code)).toEqual([
    'SOURCE_UNAUTHORIZED',
    'OK',
    'URI_INVALID',
    'URI_INVALID',
    'SOURCE_UNREACHABLE',
    'USAGE',
  ]);
  expect(server.seen.some(({ path }) => path.includes('moved'))).toBe(true);
  for (const { stdout, stderr, termination } of ends) expect(stdout + stderr + JSON.stringify(termination)).not.toContain(SECRET);
  server.reset();
  const kept = await run('fetch', url(`/reader.onnx?signature=${SECRET}`), ['--digest', contentDigest, '--dest', dest]);
  expect(kept.code).toBe(0);
  expect(readFileSync(join(dest, 'slipway.json'), 'utf8')).not.toContain(SECRET);
});
