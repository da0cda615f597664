import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { listingDigest } from './listing-digest.js';

const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

test('of one file it is its own', () => {
  expect(listingDigest([{ name: 'net.onnx', digest: digestOf('a') }])).toBe(digestOf('a'));
});

test('of several it is what sha256sum says of what sha256sum says, in any order', () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-listing-'));
  const names = ['net.onnx', 'net.onnx_data', 'Z.bin', 'ä.bin'];
  for (const name of names) writeFileSync(join(folder, name), name);
  const said = execFileSync('sh', ['-c', 'LC_ALL=C; export LC_ALL; sha256sum * | sha256sum'], { cwd: folder, encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  const files = names.map((name) => ({ name, digest: digestOf(name) }));
  expect(listingDigest(files)).toBe(`sha256:${said.slice(0, 64)}`);
  expect(listingDigest([...files].reverse())).toBe(listingDigest(files));
});
