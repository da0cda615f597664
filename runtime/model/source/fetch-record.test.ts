import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { FetchRecord } from '../../../contract/statusz.js';
import { readFetchRecord as readAsServed } from '../fetch-record.js';
import { readFetchRecord, verifiedRecord, writeFetchRecord } from './fetch-record.js';

const MODEL = 'the bytes of a model';
const DIGEST = `sha256:${'d'.repeat(64)}`;
const record: FetchRecord = {
  uri: 'oci://registry.local/reader:4',
  digest: DIGEST,
  contentDigest: `sha256:${createHash('sha256').update(MODEL).digest('hex')}`,
  bytes: MODEL.length,
  format: 'onnx',
  verifiedAt: '2026-01-01T00:00:00.000Z',
  downloadSeconds: 1.5,
};
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-record-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('comes back as it was written, for fetch and for serve, and leaves nothing else', async () => {
  await writeFetchRecord(folder, record);
  expect(await readFetchRecord(folder)).toEqual(record);
  expect(readAsServed(join(folder, 'slipway.json'))).toEqual(record);
  expect(readdirSync(folder)).toEqual(['slipway.json']);
});

test.each(['', '{', 'null', '[]', '{"digest":"x"}', JSON.stringify({ ...record, bytes: '7' }), JSON.stringify({ ...record, format: 'gguf' })])(
  'is absent in %p',
  async (text) => {
    writeFileSync(join(folder, 'slipway.json'), text);
    expect(await readFetchRecord(folder)).toBeUndefined();
  },
);

test('verifies the file itself and not what the record says of it', async () => {
  expect(await verifiedRecord(folder, DIGEST)).toBeUndefined();
  await writeFetchRecord(folder, record);
  expect(await verifiedRecord(folder, DIGEST)).toBeUndefined(); // no model yet
  writeFileSync(join(folder, 'model.onnx'), MODEL);
  expect(await verifiedRecord(folder, DIGEST)).toEqual(record);
  expect(await verifiedRecord(folder, `sha256:${'e'.repeat(64)}`)).toBeUndefined(); // another revision's
  writeFileSync(join(folder, 'model.onnx'), MODEL.replace('m', 'M'));
  expect(await verifiedRecord(folder, DIGEST)).toBeUndefined(); // a flipped bit
});

test('a folder that is not there is named', async () => {
  await expect(writeFetchRecord(join(folder, 'absent'), record)).rejects.toThrow(/Could not write ".*absent\/slipway\.json": .*ENOENT/);
});
