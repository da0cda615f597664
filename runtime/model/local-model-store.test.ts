import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { FetchRecord } from '../../contract/statusz.js';
import { ECHO_SIGNATURE, FakeBackend, FakeSession } from '../../test/runtime/fake-backend.js';
import { LoadError } from '../core/load-error.js';
import type { ModelSignature } from '../core/signature.js';
import { LocalModelStore } from './local-model-store.js';
import { Repository } from './repository.js';

const root = mkdtempSync(join(tmpdir(), 'slipway-store-'));
const recordPath = join(root, 'slipway.json');
const path = join(root, 'model.onnx');
const record: FetchRecord = {
  uri: 'oci://r/m:1',
  digest: `sha256:${'a'.repeat(64)}`,
  contentDigest: `sha256:${'b'.repeat(64)}`,
  bytes: 3,
  format: 'onnx',
  verifiedAt: '2026-11-24T00:00:00Z',
  downloadSeconds: 1.5,
};
const FIXED: ModelSignature = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], symbols: ['', ''] }], outputs: [] };

let session: FakeSession;
let backend: FakeBackend;

beforeEach(() => {
  session = new FakeSession(ECHO_SIGNATURE);
  backend = new FakeBackend(session);
  writeFileSync(path, 'abc');
  rmSync(recordPath, { force: true });
});
afterAll(() => rmSync(root, { recursive: true }));

const newStore = () => new LocalModelStore({ backend, repository: new Repository({ path, name: 'echo' }), monotonicSeconds: () => 0 });

describe('LocalModelStore', () => {
  test('loads a copy for each CPU, warms, then is ready; every change is told', async () => {
    const store = newStore();
    const states: string[] = [];
    store.onChange(() => states.push(store.models()[0]?.state ?? ''));
    await store.start({ cpus: 2 }, () => undefined);
    expect([states, session.runs.length, backend.loads]).toMatchObject([['Warming', 'Ready'], 3, Array(2).fill({ threads: 1, mode: 'thread' })]);
  });
  test('what loading and trial runs held is given back by each copy before the model is ready', async () => {
    const store = newStore();
    const trims: [string, number][] = [];
    store.onChange(() => trims.push([store.models()[0]?.state ?? '', session.trims]));
    await store.start({ cpus: 2 }, () => undefined);
    expect(trims).toEqual([
      ['Warming', 0],
      ['Ready', 2],
    ]);
  });
  test('tells where the bytes came from, when they were fetched', async () => {
    writeFileSync(recordPath, JSON.stringify(record));
    const store = newStore();
    await store.start({ cpus: 1 }, () => undefined);
    const { digest, contentDigest, bytes, verifiedAt } = record;
    expect(store.statusz()).toMatchObject([{ name: 'echo', state: 'Ready', digest, contentDigest, bytes, verifiedAt, seconds: { download: 1.5 } }]);
  });
  test('tells the size of a file that nobody fetched', async () => {
    const store = newStore();
    await store.start({ cpus: 1 }, () => undefined);
    expect(store.statusz()[0]).toMatchObject({ bytes: 3, seconds: { load: 0, warmup: 0 } });
    expect(store.statusz()[0]).not.toHaveProperty('digest');
  });
  test('a record that is not one stops the load', async () => {
    writeFileSync(recordPath, '{"uri":1}');
    await expect(newStore().start({ cpus: 1 }, () => undefined)).rejects.toThrow('is not a record of slipway fetch');
  });
  test('a refused model is Failed, with the words of the refusal', async () => {
    backend.nextError = new LoadError('MODEL_INVALID', 'load', 'Protobuf parsing failed.');
    const store = newStore();
    await expect(store.start({ cpus: 1 }, () => undefined)).rejects.toMatchObject({ code: 'MODEL_INVALID' });
    expect(store.statusz()).toMatchObject([{ state: 'Failed', reason: 'Protobuf parsing failed.' }]);
  });
  test('a guess at free dimensions that fails leads to the next guess', async () => {
    session = new FakeSession({ ...ECHO_SIGNATURE, inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, -1], symbols: ['', ''] }] });
    session.nextError = new Error('wrong width');
    backend = new FakeBackend(session);
    const store = newStore();
    await store.start({ cpus: 1 }, () => undefined);
    expect([session.runs.length, store.models()[0]?.state, store.models()[0]?.prepared?.notes[0]]).toEqual([3, 'Ready', undefined]);
  });
  test('a first run that fails on fixed shapes is a failure', async () => {
    session = new FakeSession(FIXED);
    session.nextError = new Error('node lookup failed');
    backend = new FakeBackend(session);
    await expect(newStore().start({ cpus: 1 }, () => undefined)).rejects.toMatchObject({ code: 'WARMUP_FAILED', stage: 'warmup' });
  });
  test('a drain makes nothing ready and keeps the session; a close ends it', async () => {
    const store = newStore();
    await store.start({ cpus: 1 }, () => undefined);
    store.drain();
    expect([store.isDraining, store.models()[0]?.state, session.isClosed]).toEqual([true, 'Draining', false]);
    await store.close();
    expect(session.isClosed).toBe(true);
  });
  test('a drain during the load lets it end and begins no other', async () => {
    const store = newStore();
    store.drain();
    await store.start({ cpus: 1 }, () => undefined);
    expect(store.models()[0]?.servable).toBeUndefined();
  });
  test('a session that dies later is Failed and told', async () => {
    const store = newStore();
    const crashes: string[] = [];
    await store.start({ cpus: 1 }, (error) => crashes.push(error.message));
    backend.crash(new Error('thread ended'));
    expect([crashes, store.models()[0]?.state]).toEqual([['thread ended'], 'Failed']);
  });
});
