import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ArchivePart, makeTar, makeZip } from '../../../test/source/make-archive.js';
import type { ArchiveKind } from './archive-kind.js';
import { SourceError } from './source-error.js';
import { type Unpacked, unpackArchive } from './unpack-archive.js';

const BYTES = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * 7919) >> 3));
const ZEROS = Buffer.alloc(80 << 20);

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'slipway-unpack-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function unpack(kind: ArchiveKind, archive: Buffer): Promise<readonly Unpacked[]> {
  const path = join(root, 'archive');
  writeFileSync(path, archive);
  return unpackArchive({ kind, path, folder: join(root, 'unpacked'), name: 'model "a"' });
}

const MAKERS: Readonly<Record<ArchiveKind, (parts: readonly ArchivePart[]) => Buffer>> = {
  tar: makeTar,
  'tar.gz': (parts) => gzipSync(makeTar(parts)),
  zip: makeZip,
};
const KINDS: readonly ArchiveKind[] = ['tar', 'tar.gz', 'zip'];

describe.each(KINDS)('%s', (kind) => {
  const make = MAKERS[kind];

  test('is unpacked, files and folders', async () => {
    const archive = make([
      { path: './', type: '5', mode: 0o40755 },
      { path: 'm/', type: '5', mode: 0o40755 },
      { path: './m/net.onnx', bytes: BYTES },
      { path: 'm/empty', bytes: Buffer.alloc(0) },
    ]);
    expect((await unpack(kind, archive)).map(({ path, bytes }) => [path, bytes])).toEqual([
      ['m/net.onnx', BYTES.length],
      ['m/empty', 0],
    ]);
    expect(readFileSync(join(root, 'unpacked', 'm', 'net.onnx')).equals(BYTES)).toBe(true);
    expect(readdirSync(join(root, 'unpacked', 'm')).sort()).toEqual(['empty', 'net.onnx']);
  });

  test.each<[string, readonly ArchivePart[], RegExp]>([
    ['a way out', [{ path: '../evil' }], /has an entry "\.\.\/evil" that leads out of the model's folder/],
    ['a way out in the middle', [{ path: 'a/../../evil' }], /leads out/],
    ['an absolute path', [{ path: '/tmp/evil' }], /"\/tmp\/evil" that is an absolute path/],
    ['a backslash', [{ path: '..\\evil' }], /a backslash in its name/],
    ['a folder that leads out', [{ path: '../evil/', type: '5', mode: 0o40755 }], /leads out/],
    ['a symbolic link', [{ path: 'a', type: '2', mode: 0o120777, bytes: Buffer.alloc(0) }], /entry "a" that is a link/],
    ['a device', [{ path: 'a', type: '3', mode: 0o020644 }], /neither file nor folder/],
    ['one name twice', [{ path: 'a' }, { path: './a' }], /two files called "\.\/a"/],
    [
      'a file in a file',
      [
        { path: 'a', bytes: BYTES },
        { path: 'a/b', bytes: BYTES },
      ],
      /entry "a\/b" in what is a file/,
    ],
    ['no name', [{ path: '' }], /has no name/],
  ])('refuses %s, and leaves nothing outside', async (_name, parts, text) => {
    await expect(unpack(kind, make(parts))).rejects.toMatchObject({ code: 'ARTIFACT_INVALID', message: expect.stringMatching(text) });
    expect(readdirSync(root).sort()).toEqual(['archive', 'unpacked']);
    expect(existsSync(join(dirname(root), 'evil'))).toBe(false);
  });

  test('cut off anywhere it is refused', async () => {
    const whole = make([{ path: 'net.onnx', bytes: BYTES }]);
    for (const part of [0, 0.3, 0.6, 0.9].map((share) => whole.subarray(0, whole.length * share))) {
      await expect(unpack(kind, part)).rejects.toMatchObject({ code: 'ARTIFACT_INVALID' });
    }
  });

  test('what is no archive is refused', async () => {
    await expect(unpack(kind, BYTES)).rejects.toMatchObject({
      code: 'ARTIFACT_INVALID',
      message: expect.stringMatching(/is no (tar archive|gzip file|zip file)/),
    });
  });
});

describe('bombs', () => {
  test.each<[string, ArchiveKind, Buffer]>([
    ['gzip', 'tar.gz', gzipSync(makeTar([{ path: 'net.onnx', bytes: ZEROS }]))],
    ['deflate', 'zip', makeZip([{ path: 'net.onnx', bytes: ZEROS }])],
  ])('a %s stream of zeros is refused before it is written', async (_name, kind, archive) => {
    await expect(unpack(kind, archive)).rejects.toThrow(
      /becomes more than 7\d\.\d MiB with its entry "net\.onnx", more than 100 times its size: a bomb\?/,
    );
    expect(readdirSync(join(root, 'unpacked'))).toEqual([]);
  });

  test('many entries of which each is allowed', async () => {
    const part = (index: number) => ({ path: `w${index}`, bytes: ZEROS.subarray(0, 40 << 20) });
    await expect(unpack('zip', makeZip([0, 1].map(part)))).rejects.toThrow(/a bomb\?/);
  }, 60_000);

  test('entries that share their bytes', async () => {
    const part = { path: 'a', bytes: BYTES };
    await expect(unpack('zip', makeZip([part, { ...part, isOverlapping: true }]))).rejects.toThrow(/entry "a" whose bytes are another's too/);
  });

  test('more bytes than the directory says', async () => {
    await expect(unpack('zip', makeZip([{ path: 'a', bytes: BYTES, says: { bytes: 10 } }]))).rejects.toThrow(
      /more bytes in its entry "a" than it says/,
    );
  });

  test('more entries than a model has', async () => {
    const parts = Array.from({ length: 10_001 }, (_, index) => ({ path: `d${index}/`, type: '5' }));
    await expect(unpack('tar', makeTar(parts))).rejects.toThrow('has more than 10000 entries');
  }, 60_000);

  test('a name of a megabyte', async () => {
    const parts = [{ path: '././@LongLink', type: 'L', bytes: Buffer.alloc((1 << 20) + 1, 'a') }];
    await expect(unpack('tar', makeTar(parts))).rejects.toThrow(/name and attributes take 1048577 bytes/);
  });
});

describe('zip', () => {
  test.each<[string, ArchivePart, RegExp]>([
    ['a wrong sum', { path: 'a', bytes: BYTES, says: { crc32: 1 } }, /entry "a" that is spoilt/],
    ['a password', { path: 'a', bytes: BYTES, says: { flags: 1 } }, /encrypted entry "a"/],
    ['another method', { path: 'a', bytes: BYTES, says: { method: 93 } }, /packed by method 93/],
    ['two names', { path: 'a', localPath: '../a', bytes: BYTES }, /calls one entry both "a" and "\.\.\/a"/],
  ])('refuses %s', async (_name, part, text) => {
    await expect(unpack('zip', makeZip([part]))).rejects.toThrow(text);
  });
});

test('a spoilt header of a tar is refused', async () => {
  const archive = makeTar([{ path: 'net.onnx', bytes: BYTES }]);
  archive.write('x', 0);
  await expect(unpack('tar', archive)).rejects.toThrow(/checksum of an entry is wrong/);
});

describe.each(KINDS)('whatever stands in a %s', (kind) => {
  const parts = [
    { path: 'm/', type: '5', mode: 0o40755 },
    { path: 'm/net.onnx', bytes: BYTES.subarray(0, 3000) },
    { path: 'm/b', bytes: BYTES.subarray(0, 600) },
  ];
  const whole = MAKERS[kind](parts);
  const change = fc.record({ at: fc.nat(whole.length - 1), byte: fc.nat(255) });

  test('it is unpacked or refused by name, and nothing is written elsewhere', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(whole.length), fc.boolean(), async (changes, length, isCut) => {
        const bytes = Buffer.from(isCut ? whole.subarray(0, length) : whole);
        for (const { at, byte } of changes) if (at < bytes.length) bytes[at] = byte;
        const outcome = await unpack(kind, bytes).then(
          () => 'unpacked',
          (error: unknown) => (error instanceof SourceError ? error.code : String(error)),
        );
        expect(['unpacked', 'ARTIFACT_INVALID']).toContain(outcome);
        expect(readdirSync(root).sort()).toEqual(['archive', 'unpacked']);
        rmSync(join(root, 'unpacked'), { recursive: true });
      }),
      { numRuns: 150 },
    );
  }, 60_000);
});
