import { beforeEach, describe, expect, test } from '@jest/globals';
import { ECHO_SIGNATURE, FakeSession, makeEchoModel } from '../../test/runtime/fake-backend.js';
import { CallState } from '../core/call-state.js';
import type { EmptyPolicy } from '../core/empty-inputs.js';
import { NO_PARAMETERS } from '../core/parameters.js';
import type { ModelState } from '../core/readiness.js';
import { Dataplane } from './dataplane.js';
import type { InferRequest } from './inference-request.js';
import type { Model, ModelStore } from './ports.js';

class FakeStore implements ModelStore {
  isDraining = false;
  readonly list: Model[] = [];
  models(): readonly Model[] {
    return this.list;
  }
  add(version: string, state: ModelState, session: FakeSession | undefined): void {
    this.list.push(makeEchoModel(session, { version, state, reason: state === 'Ready' ? '' : 'because' }));
  }
}

const x = { name: 'x', datatype: 'FP32', shape: [1, 2], data: new Uint8Array(8), parameters: NO_PARAMETERS };
let store: FakeStore;
let session: FakeSession;
let dataplane: Dataplane;

beforeEach(() => {
  store = new FakeStore();
  session = new FakeSession(ECHO_SIGNATURE);
  let seconds = 0;
  dataplane = new Dataplane({ store, serverVersion: '1.2.3', monotonicSeconds: () => seconds++ });
});

const ask = (changes: Partial<InferRequest> = {}) =>
  dataplane.infer({ model: 'echo', version: '', parameters: NO_PARAMETERS, inputs: [x], outputs: [], call: new CallState(), ...changes });
const infer = (version = '') => ask({ version });

describe('infer', () => {
  test('runs the latest version that is ready and names it in the answer', async () => {
    store.add('1', 'Ready', session);
    store.add('2', 'Loading', undefined);
    expect(await infer()).toMatchObject({ model: 'echo', version: '1', outputs: [{ name: 'y', shape: [1, 2] }] });
    expect(store.list[0]?.statistics.phases.inference.sum).toBe(0.25);
  });
  test.each<{ name: string; state: ModelState; want: string }>([
    { name: 'while it loads', state: 'Loading', want: 'UNAVAILABLE' },
    { name: 'while it warms', state: 'Warming', want: 'UNAVAILABLE' },
    { name: 'after it failed', state: 'Failed', want: 'UNAVAILABLE' },
    { name: 'while it drains it still answers', state: 'Draining', want: 'OK' },
  ])('$name', async ({ state, want }) => {
    store.add('1', state, session);
    await infer().catch(() => undefined);
    expect([...(store.list[0]?.statistics.codes ?? [])]).toEqual([[want, 1]]);
  });
  test('text of the backend reaches no client', async () => {
    store.add('1', 'Ready', session);
    session.nextError = new Error('value 42 is secret');
    await expect(infer()).rejects.toMatchObject({ code: 'INTERNAL', message: "ONNX Runtime could not run model 'echo'" });
  });
  test('a refused request is never run', async () => {
    store.add('1', 'Ready', session);
    await expect(ask({ inputs: [] })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(session.runs).toEqual([]);
  });
});

describe('zero rows', () => {
  const empty = { name: 'x', datatype: 'FP32', shape: [0, 2], data: new Uint8Array(), parameters: new Map() };
  const withPolicy = (emptyPolicy: EmptyPolicy): void => {
    store.add('1', 'Ready', session);
    const model = store.list[0];
    if (model?.servable !== undefined) store.list[0] = { ...model, servable: { ...model.servable, emptyPolicy } };
  };
  test('are answered without a run where rows are independent', async () => {
    withPolicy({ risk: 'TopK', rowAxes: { inputs: new Map([['x', 0]]), outputs: new Map([['y', 0]]) } });
    await expect(ask({ inputs: [empty] })).resolves.toMatchObject({ outputs: [{ name: 'y', shape: [0, 2] }] });
    expect(session.runs).toEqual([]);
    expect(dataplane.statistics('echo', '')[0]?.statistics).toMatchObject({ success: { count: 1 }, inferenceCount: 0, executionCount: 0 });
  });
  test('never reach a model that may not survive them', async () => {
    withPolicy({ risk: 'TopK' });
    await expect(ask({ inputs: [empty] })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(session.runs).toEqual([]);
  });
});

describe('readiness of one model', () => {
  test('NOT_FOUND for a stranger, false while loading, true when ready', () => {
    expect(() => dataplane.isModelReady('echo', '')).toThrow("Request for unknown model: 'echo' is not found");
    store.add('1', 'Loading', undefined);
    expect(dataplane.isModelReady('echo', '')).toBe(false);
    store.add('2', 'Ready', session);
    expect(dataplane.isModelReady('echo', '')).toBe(true);
    store.isDraining = true;
    expect(dataplane.isModelReady('echo', '')).toBe(false);
  });
});

describe('statistics', () => {
  const of = (version: string) => dataplane.statistics('echo', version).map((report) => report.statistics);
  test('each version has its own, from zero on, ready or not', async () => {
    store.add('1', 'Ready', session);
    store.add('2', 'Loading', undefined);
    await infer();
    expect(dataplane.statistics('echo', '')).toMatchObject([
      { name: 'echo', version: '1', waiting: 0, statistics: { success: { count: 1 } } },
      { name: 'echo', version: '2', waiting: 0, statistics: { success: { count: 0 } } },
    ]);
    expect(dataplane.statistics('', '')).toEqual(dataplane.statistics('echo', ''));
    expect(() => dataplane.statistics('nobody', '')).toThrow("Request for unknown model: 'nobody' is not found");
    expect(() => dataplane.statistics('echo', '3')).toThrow("Request for unknown model: 'echo' version 3 is not found");
  });
  test('a run is counted with the times of its parts', async () => {
    store.add('1', 'Ready', session);
    await infer();
    await infer();
    expect(of('1')).toMatchObject([
      {
        lastInferenceMs: 5000,
        inferenceCount: 2,
        executionCount: 2,
        success: { count: 2, seconds: 2 }, // the clock goes a second further at each look
        queue: { count: 2, seconds: 0 },
        compute: { input: { count: 2, seconds: 0.25 }, inference: { count: 2, seconds: 0.5 }, output: { count: 2, seconds: 0.125 } },
      },
    ]);
  });
  test('failures are counted by where they happened', async () => {
    store.add('1', 'Ready', session);
    session.nextError = new Error('boom');
    await infer().catch(() => undefined);
    await ask({ inputs: [] }).catch(() => undefined);
    const call = new CallState();
    call.abandon();
    await ask({ call }).catch(() => undefined);
    expect(of('1')).toMatchObject([
      {
        failures: { BACKEND: 1, OTHER: 1, CANCELED: 1, REJECTED: 0 },
        fail: { count: 3 },
        success: { count: 0 },
        queue: { count: 0 },
        executionCount: 0,
      },
    ]);
  });
  test('the line in front of the model is reported without who runs', async () => {
    store.add('1', 'Ready', session);
    const gate = Promise.withResolvers<void>();
    session.gate = gate.promise;
    const runs = [infer(), infer(), infer()];
    await new Promise(setImmediate); // the first starts at the end of its turn
    expect(dataplane.statistics('', '')).toMatchObject([{ waiting: 2 }]);
    gate.resolve();
    await Promise.all(runs);
    expect(dataplane.statistics('', '')).toMatchObject([{ waiting: 0, statistics: { executionCount: 3 } }]);
  });
});

describe('config and index', () => {
  test('the config of a model that loads is not known yet', () => {
    store.add('1', 'Loading', undefined);
    expect(() => dataplane.modelConfig('echo', '')).toThrow("Model 'echo' version 1 is not ready: it is Loading");
    expect(() => dataplane.modelConfig('nobody', '')).toThrow("Request for unknown model: 'nobody' is not found");
  });
  test('the config is that of the session', () => {
    store.add('1', 'Ready', session);
    expect(dataplane.modelConfig('echo', '1')).toMatchObject({ name: 'echo', input: [{ name: 'x' }], default_model_filename: 'model.onnx' });
  });
  test('the index has every version with its state and reason', () => {
    store.add('1', 'Ready', session);
    store.add('2', 'Failed', undefined);
    const ready = { name: 'echo', version: '1', state: 'READY', reason: '' };
    expect(dataplane.repositoryIndex(false)).toEqual([ready, { name: 'echo', version: '2', state: 'UNAVAILABLE', reason: 'because' }]);
    expect(dataplane.repositoryIndex(true)).toEqual([ready]);
  });
});
