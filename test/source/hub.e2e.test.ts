/** Models of a hub: first Python's own client accepts the local one, then `resolve` and `fetch` get from it what that client got. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { fetchModel } from '../../runtime/model/source/fetch-model.js';
import { listingDigest } from '../../runtime/model/source/listing-digest.js';
import { resolveModel } from '../../runtime/model/source/resolve-model.js';
import { ensurePythonVenv, PYTHON_SOURCES } from '../runtime/python-venv.js';
import { FakeHub, sha256 } from './fake-hub.js';
import { openTestContext, type TestContext } from './open-test-context.js';
import { runSlipway } from './slipway-process.js';

const MODEL = Buffer.from(Array.from({ length: 2 << 20 }, (_, index) => (index * 7919) >> 3));
const DATA = Buffer.alloc(3 << 20, 'weights');
const FILES = {
  'README.md': { bytes: Buffer.from('# reader\n'), isLfs: false },
  '.gitattributes': { bytes: Buffer.from('*.onnx filter=lfs\n'), isLfs: false },
  'pytorch_model.bin': { bytes: Buffer.alloc(1 << 20), isLfs: true },
  'onnx/model.onnx': { bytes: MODEL, isLfs: true },
  'onnx/model.onnx_data': { bytes: DATA, isLfs: true },
  'onnx/vocab.txt': { bytes: Buffer.from('a\nb\n'), isLfs: false },
};
const BOTH = listingDigest([
  { name: 'model.onnx', digest: `sha256:${sha256(MODEL)}` },
  { name: 'model.onnx_data', digest: `sha256:${sha256(DATA)}` },
]);

const root = mkdtempSync(join(tmpdir(), 'slipway-hub-'));
const opened: TestContext[] = [];
let hub: FakeHub;
let commit = '';
let count = 0;

beforeAll(async () => {
  hub = await FakeHub.start();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ context }) => context.transport.close()));
  hub.reset();
  commit = hub.commit('acme/reader', 'main', FILES);
});
afterAll(async () => {
  await hub.stop();
  rmSync(root, { recursive: true });
});
beforeAll(() => {
  commit = hub.commit('acme/reader', 'main', FILES);
  hub.commit('acme/secret', 'main', { 'model.onnx': { bytes: MODEL, isLfs: true } });
  hub.close('acme/secret', 'hf_token');
});

const newDest = () => join(root, `dest-${count++}`);

async function open(uri: string, flags: readonly string[] = []) {
  const made = await openTestContext(['--uri', uri, '--plain-http', '127.0.0.1', ...flags], { env: { HF_ENDPOINT: `${hub.endpoint}/` } });
  opened.push(made);
  return made.context;
}

const resolve = async (uri: string, ...flags: string[]) => resolveModel(await open(uri, flags));

async function fetch(uri: string, ...flags: string[]) {
  const dest = newDest();
  return { dest, ...(await fetchModel(await open(uri, flags), dest)) };
}

function secret(files: Readonly<Record<string, string>>): string {
  const folder = join(root, `secret-${count++}`);
  mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

describe("Python's huggingface_hub", () => {
  let python = '';
  beforeAll(async () => {
    python = await ensurePythonVenv(join('..', 'source', 'hub'));
  }, 600_000);

  test.each([1000, 2])('takes a snapshot of the local hub as of the real one, in pages of %i', async (pageSize) => {
    hub.pageSize = pageSize;
    const folder = newDest();
    const script = join(PYTHON_SOURCES, '..', 'source', 'hub', 'snapshot.py');
    const env = { PATH: process.env['PATH'], HOME: root, HF_HOME: join(root, 'hf-home'), HF_ENDPOINT: hub.endpoint, HF_HUB_DISABLE_TELEMETRY: '1' };
    const { stdout } = await promisify(execFile)(python, [script, 'acme/reader', 'main', folder], { env });
    expect(stdout.trim()).toBe(commit);
    for (const [path, { bytes }] of Object.entries(FILES)) expect(readFileSync(join(folder, path)).equals(bytes)).toBe(true);
    const { dest } = await fetch('hf://acme/reader/onnx');
    for (const name of ['model.onnx', 'model.onnx_data', 'vocab.txt']) {
      expect(readFileSync(join(dest, name)).equals(readFileSync(join(folder, 'onnx', name)))).toBe(true);
    }
  });
});

describe('resolving', () => {
  test('a branch is a commit and a digest, without reading a byte of large files', async () => {
    const want = { digest: BOTH, sourceRevision: commit, contentDigest: BOTH, bytes: MODEL.length + DATA.length };
    expect(await resolve('hf://acme/reader/onnx/model.onnx')).toEqual(want);
    expect(hub.seen.map(({ path }) => path)).toEqual([
      '/api/models/acme/reader/revision/main',
      `/api/models/acme/reader/tree/${commit}/onnx?recursive=false&expand=false`,
    ]);
  });

  test('the whole repository stands for its one model and what is called so', async () => {
    expect(await resolve('hf://acme/reader')).toMatchObject({ digest: BOTH });
  });

  test('a folder takes all that lies in it; what only git has is read and held against its git blob', async () => {
    const { digest } = await resolve('hf://acme/reader/onnx');
    const vocabulary = { name: 'vocab.txt', digest: `sha256:${sha256(FILES['onnx/vocab.txt'].bytes)}` };
    const models = [MODEL, DATA].map((bytes, at) => ({ name: at === 0 ? 'model.onnx' : 'model.onnx_data', digest: `sha256:${sha256(bytes)}` }));
    expect(digest).toBe(listingDigest([...models, vocabulary]));
    expect(hub.seen.filter(({ path }) => path.includes('/resolve/')).map(({ path }) => path)).toEqual([
      `/acme/reader/resolve/${commit}/onnx/vocab.txt`,
    ]);
  });

  test('pages of the listing are followed', async () => {
    hub.pageSize = 1;
    expect(await resolve('hf://acme/reader')).toMatchObject({ digest: BOTH });
  });

  test('a commit is not asked for', async () => {
    await resolve(`hf://acme/reader@${commit}`);
    expect(hub.seen.some(({ path }) => path.includes('/revision/'))).toBe(false);
  });

  test.each<[string, string, string[], string, RegExp]>([
    [
      'no such repository',
      'hf://acme/none',
      [],
      'SOURCE_UNAUTHORIZED',
      /answered 401 for the revision "main" of "acme\/none".*the hub answers so too when there is no such/,
    ],
    [
      'no such revision',
      'hf://acme/reader@v9',
      [],
      'SOURCE_NOT_FOUND',
      /answered 404 for the revision "v9".*Invalid rev id.*check owner, model, path and revision/,
    ],
    ['no such folder', 'hf://acme/reader/tf', [], 'SOURCE_NOT_FOUND', /answered 404 for the files of "acme\/reader\/tf"/],
    ['no such file', 'hf://acme/reader/onnx/other.onnx', [], 'SOURCE_NOT_FOUND', /has no file "onnx\/other\.onnx"/],
    [
      'another digest',
      'hf://acme/reader',
      ['--digest', `sha256:${'0'.repeat(64)}`],
      'DIGEST_MISMATCH',
      /the branch or tag moved \(pin the commit in the uri\)/,
    ],
  ])('%s is refused by name', async (_name, uri, flags, code, text) => {
    await expect(resolve(uri, ...flags)).rejects.toMatchObject({ code, message: expect.stringMatching(text) });
  });

  test('a private repository needs the token of the Secret, which goes to the hub alone', async () => {
    await expect(resolve('hf://acme/secret')).rejects.toMatchObject({
      code: 'SOURCE_UNAUTHORIZED',
      message: expect.stringMatching(/spec\.model\.secretRef/),
    });
    for (const key of ['token', 'HF_TOKEN']) await fetch('hf://acme/secret', '--credentials', secret({ [key]: 'hf_token\n' }));
    expect(hub.seen.filter(({ path }) => path.startsWith('/storage/')).map(({ authorization }) => authorization)).toEqual([undefined, undefined]);
    await expect(resolve('hf://acme/secret', '--credentials', secret({ token: 'other' }))).rejects.toThrow(/the token in the Secret is not accepted/);
    await expect(resolve('hf://acme/secret', '--credentials', secret({ username: 'a', password: 'b' }))).rejects.toThrow(/under the key token/);
  });

  test.each([
    ['ftp://hub.test', /HF_ENDPOINT must have the form/],
    ['https://u:hunter2@hub.test', /HF_ENDPOINT must have the form(?!.*hunter2)/],
    ['http://hub.test', /HF_ENDPOINT "http:\/\/hub\.test\/" is not encrypted/],
  ])('HF_ENDPOINT %s is refused', async (HF_ENDPOINT, text) => {
    const made = await openTestContext(['--uri', 'hf://acme/reader'], { env: { HF_ENDPOINT } });
    opened.push(made);
    await expect(resolveModel(made.context)).rejects.toMatchObject({ code: 'USAGE', message: expect.stringMatching(text) });
  });

  test('a list that goes on at another host is not followed', async () => {
    hub.intercept = ({ url = '' }, response) => {
      if (!url.includes('/tree/')) return false;
      response.writeHead(200, { 'content-type': 'application/json', link: '<http://evil.test/next>; rel="next"' }).end('[]');
      return true;
    };
    await expect(resolve('hf://acme/reader')).rejects.toThrow(/at another host, "evil\.test", which is not followed/);
  });
});

describe('fetching', () => {
  test('a model with its external data lies as a server wants it, is recorded, and is found again', async () => {
    const { dest, record } = await fetch('hf://acme/reader/onnx/model.onnx', '--digest', BOTH, '--source-revision', commit);
    expect(readdirSync(dest).sort()).toEqual(['model.onnx', 'model.onnx_data', 'slipway.json']);
    expect(record).toMatchObject({ digest: BOTH, contentDigest: BOTH, sourceRevision: commit, bytes: MODEL.length + DATA.length });
    const again = await open('hf://acme/reader/onnx/model.onnx', ['--digest', BOTH]);
    hub.seen.length = 0;
    expect(await fetchModel(again, dest)).toMatchObject({ reused: true });
    expect(hub.seen).toEqual([]);
    writeFileSync(join(dest, 'model.onnx_data'), 'spoilt');
    expect(await fetchModel(again, dest)).toMatchObject({ reused: false });
    expect(readFileSync(join(dest, 'model.onnx_data')).equals(DATA)).toBe(true);
  });

  test('the commit is fetched, wherever the branch is by then', async () => {
    hub.commit('acme/reader', 'main', { 'onnx/model.onnx': { bytes: Buffer.from('another'), isLfs: false } });
    const { record } = await fetch('hf://acme/reader/onnx/model.onnx@main', '--digest', BOTH, '--source-revision', commit);
    expect(record.digest).toBe(BOTH);
    await expect(fetch('hf://acme/reader/onnx/model.onnx@main', '--digest', BOTH)).rejects.toThrow(/the branch or tag moved/);
  });

  test('of two models in one folder nothing of the first is left beside the second', async () => {
    const dest = newDest();
    await fetchModel(await open('hf://acme/reader'), dest);
    hub.commit('acme/small', 'main', { 'net.onnx': { bytes: MODEL, isLfs: true } });
    await fetchModel(await open('hf://acme/small'), dest);
    expect(readdirSync(dest).sort()).toEqual(['model.onnx', 'slipway.json']);
  });

  test('is taken up where it broke, at the storage that the hub redirects to', async () => {
    let isFirst = true;
    hub.intercept = ({ url = '', method }, response) => {
      if (!url.startsWith(`/storage/${sha256(DATA)}`) || method !== 'GET' || !isFirst) return false;
      isFirst = false;
      response.writeHead(200, { 'content-length': DATA.length });
      response.write(DATA.subarray(0, 1 << 20), () => setTimeout(() => response.socket?.end(), 100));
      return true;
    };
    const { dest } = await fetch('hf://acme/reader');
    expect(readFileSync(join(dest, 'model.onnx_data')).equals(DATA)).toBe(true);
    const asked = hub.seen.filter(({ path }) => path.startsWith(`/storage/${sha256(DATA)}`)).map(({ range }) => range);
    expect(asked).toEqual([undefined, expect.stringMatching(/^bytes=[1-9]\d*-$/)]);
  });

  test.each([
    ['in large file storage', 'model.onnx_data', /has the digest sha256:.*the hub itself lists it so/],
    ['in git', 'vocab.txt', /has the git blob .*the hub itself lists it so/],
  ])('bytes that are not those that the hub lists are refused, %s; nothing is left', async (_name, file, text) => {
    hub.intercept = ({ url = '', method }, response) => {
      const path = `onnx/${file}` === 'onnx/vocab.txt' ? '/onnx/vocab.txt' : `/storage/${sha256(DATA)}`;
      if (method !== 'GET' || !url.includes(path)) return false;
      response.writeHead(200).end(Buffer.alloc(file === 'vocab.txt' ? 4 : DATA.length, 'x'));
      return true;
    };
    const dest = newDest();
    await expect(fetchModel(await open('hf://acme/reader/onnx'), dest)).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
      message: expect.stringMatching(text),
    });
    expect(readdirSync(dest)).toEqual([]);
  });
});

test('as a process: the termination message has commit and digest, and the signed address of the storage is nowhere', async () => {
  const env = { HF_ENDPOINT: hub.endpoint };
  const dest = newDest();
  const ends = [
    await runSlipway(['resolve', '--uri', 'hf://acme/reader', '--plain-http', '127.0.0.1'], { env }),
    await runSlipway(
      ['fetch', '--uri', 'hf://acme/reader', '--digest', BOTH, '--source-revision', commit, '--dest', dest, '--plain-http', '127.0.0.1'],
      { env },
    ),
    await runSlipway(['fetch', '--uri', 'oci://r/m:1', '--source-revision', commit, '--dest', dest], { env }),
  ];
  expect(ends.map(({ termination }) => termination?.code)).toEqual(['OK', 'OK', 'USAGE']);
  expect(ends[0]?.termination).toMatchObject({
    digest: BOTH,
    sourceRevision: commit,
    message: `Resolved hf://acme/reader at ${commit} to ${BOTH}`,
  });
  expect(ends[1]?.termination).toMatchObject({ stage: 'verify', digest: BOTH, sourceRevision: commit, contentDigest: BOTH });
  for (const { stdout, stderr } of ends) expect(stdout + stderr).not.toContain('secret-signature');
});
