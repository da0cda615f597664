/** Archives behind a URL and in a hub, made by Python's tarfile and zipfile: verified, then unpacked, and served as files are. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { findProtoFolder } from '../../proto/load.js';
import { fetchModel } from '../../runtime/model/source/fetch-model.js';
import { listingDigest } from '../../runtime/model/source/listing-digest.js';
import { resolveModel } from '../../runtime/model/source/resolve-model.js';
import { FakeHub } from './fake-hub.js';
import { digestOf, FakeRegistry } from './fake-registry.js';
import { makeTar } from './make-archive.js';
import { openTestContext, type TestContext } from './open-test-context.js';

const LONG = `weights/${'l'.repeat(120)}/${'ä'.repeat(40)}.bin`;
const FILES: Readonly<Record<string, Buffer>> = {
  'net.onnx': Buffer.from(Array.from({ length: 1 << 20 }, (_, index) => (index * 7919) >> 3)),
  'net.onnx_data': Buffer.alloc(300_000, 'weights'),
  'weights/empty.bin': Buffer.alloc(0),
  [LONG]: Buffer.from('long'),
};
const ARCHIVES = ['gnu.tar.gz', 'pax.tar.gz', 'plain.tar', 'stored.zip', 'deflated.zip', 'streamed.zip'];

const root = mkdtempSync(join(tmpdir(), 'slipway-archives-'));
const opened: TestContext[] = [];
let server: FakeRegistry;
let count = 0;

beforeAll(async () => {
  server = await FakeRegistry.start();
  for (const [path, bytes] of Object.entries(FILES)) {
    mkdirSync(dirname(join(root, 'files', path)), { recursive: true });
    writeFileSync(join(root, 'files', path), bytes);
  }
  mkdirSync(join(root, 'archives'));
  const script = join(dirname(findProtoFolder()), 'test', 'source', 'make_archives.py');
  execFileSync('python3', [script, join(root, 'files'), join(root, 'archives')]);
  for (const name of readdirSync(join(root, 'archives'))) server.addFile(`/${name}`, readFileSync(join(root, 'archives', name)));
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ context }) => context.transport.close()));
  server.reset();
});
afterAll(async () => {
  await server.stop();
  rmSync(root, { recursive: true });
});

const digestOfArchive = (name: string) => digestOf(readFileSync(join(root, 'archives', name)));
const newDest = () => join(root, `dest-${count++}`);
const contentDigest = listingDigest(Object.entries(FILES).map(([name, bytes]) => ({ name, digest: digestOf(bytes) })));

async function open(uri: string, flags: readonly string[], env: Record<string, string> = {}) {
  const made = await openTestContext(['--uri', uri, '--plain-http', '127.0.0.1', ...flags], { env });
  opened.push(made);
  return made.context;
}

const at = (name: string) => `http://${server.host}/${name}`;

function expectFiles(dest: string): void {
  const names = readdirSync(dest, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(names).toHaveLength(Object.keys(FILES).length + 1);
  for (const [path, bytes] of Object.entries(FILES)) {
    expect(readFileSync(join(dest, path === 'net.onnx' ? 'model.onnx' : path)).equals(bytes)).toBe(true);
  }
}

describe('an archive', () => {
  test.each(ARCHIVES)('%s is pinned as it is and served as what is in it', async (name) => {
    const [digest, dest] = [digestOfArchive(name), newDest()];
    const { record } = await fetchModel(await open(at(name), ['--digest', digest]), dest);
    expectFiles(dest);
    const bytes = Object.values(FILES).reduce((sum, { length }) => sum + length, 0);
    expect(record).toMatchObject({ digest, contentDigest, bytes, format: 'onnx' });
    server.reset();
    expect(await fetchModel(await open(at(name), ['--digest', digest]), dest)).toMatchObject({ reused: true });
    expect(server.seen).toEqual([]);
  });

  test('the old form of tar has no long names, and is read too', async () => {
    const { record } = await fetchModel(await open(at('ustar.tar.gz'), ['--allow-unpinned']), newDest());
    expect(record.files?.map(({ path }) => path)).toEqual(expect.arrayContaining(['model.onnx', 'net.onnx_data', 'weights/empty.bin']));
  });

  test('resolves to its own digest; what is in it is not known before it is fetched', async () => {
    expect(await resolveModel(await open(at('plain.tar'), ['--allow-unpinned']))).toEqual({ digest: digestOfArchive('plain.tar') });
    const digest = digestOfArchive('plain.tar');
    expect(await resolveModel(await open(at('plain.tar'), ['--digest', digest]))).toEqual({ digest });
  });

  test('of a hub is verified by what the hub says of it', async () => {
    const hub = await FakeHub.start();
    const commit = hub.commit('acme/reader', 'main', {
      'dist/reader.tar.gz': { bytes: readFileSync(join(root, 'archives', 'pax.tar.gz')), isLfs: true },
    });
    const dest = newDest();
    const { record } = await fetchModel(await open('hf://acme/reader/dist/reader.tar.gz', [], { HF_ENDPOINT: hub.endpoint }), dest);
    expectFiles(dest);
    expect(record).toMatchObject({ digest: digestOfArchive('pax.tar.gz'), contentDigest, sourceRevision: commit });
    await hub.stop();
  });

  test.each<[string, Buffer, string, RegExp]>([
    [
      'that leads out',
      makeTar([{ path: '../model.onnx', bytes: Buffer.from('x') }]),
      'ARTIFACT_INVALID',
      /"\.\.\/model\.onnx" that leads out of the model's folder/,
    ],
    ['with two models', makeTar([{ path: 'a.onnx' }, { path: 'b.onnx' }]), 'ARTIFACT_INVALID', /has 2 \.onnx files \(a\.onnx, b\.onnx\)/],
    ['with none', makeTar([{ path: 'a.bin' }]), 'ARTIFACT_INVALID', /has no \.onnx file/],
    ['with our own record', makeTar([{ path: 'a.onnx' }, { path: 'slipway.json' }]), 'ARTIFACT_INVALID', /"slipway\.json"/],
  ])('%s is refused, and nothing of it is left', async (_name, bytes, code, text) => {
    const [digest, dest] = [server.addFile('/bad.tar', bytes), newDest()];
    await expect(fetchModel(await open(at('bad.tar'), ['--digest', digest]), dest)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(text),
    });
    expect(readdirSync(dest)).toEqual([]);
    expect(readdirSync(dirname(dest))).not.toContain('model.onnx');
  });

  test('whose digest is another is not unpacked', async () => {
    const [digest, dest] = [digestOfArchive('plain.tar'), newDest()];
    server.addFile('/other.tar', makeTar([{ path: '../evil', bytes: Buffer.from('x') }]));
    await expect(fetchModel(await open(at('other.tar'), ['--digest', digest]), dest)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    expect(readdirSync(dest)).toEqual([]);
  });
});
