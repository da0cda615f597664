import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { blobPath, readLayout } from './oci-layout.js';

const MANIFEST = { digest: 'sha256:aa', size: 100 };
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-layout-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, value: object): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(value));
}

describe('readLayout', () => {
  test('sums up what a registry stores', () => {
    write(join(folder, 'index.json'), { manifests: [MANIFEST] });
    write(blobPath(folder, 'sha256:aa'), {
      config: { digest: 'sha256:bb', size: 10 },
      layers: [
        { digest: 'sha256:cc', size: 3000 },
        { digest: 'sha256:dd', size: 5 },
      ],
    });
    expect(readLayout(folder)).toEqual({ digest: 'sha256:aa', compressedBytes: 3115 });
  });

  test('refuses a folder with more than one image, with the fix', () => {
    write(join(folder, 'index.json'), { manifests: [MANIFEST, MANIFEST] });
    expect(() => readLayout(folder)).toThrow(`"${folder}" holds 2 images, not one: remove it and build again`);
  });
});
