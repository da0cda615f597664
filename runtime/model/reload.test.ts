/** Models that come, change and go while the server runs. */
import { existsSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FakeRepository } from '../../test/runtime/fake-repository.js';
import { computeReadiness } from '../core/readiness.js';
import { computeRepositoryIndex } from '../core/repository-index.js';
import { LocalModelStore, type StoreOptions } from './local-model-store.js';
import { Repository, type RepositoryOptions } from './repository.js';
import { observeRepository, type RepositoryChange, RepositoryWatcher } from './repository-watcher.js';

let files: FakeRepository;
let crashes: Error[];
beforeEach(() => {
  files = new FakeRepository();
  crashes = [];
});
afterEach(() => files.remove());

const newStore = (options: Partial<StoreOptions> = {}, repository: Partial<RepositoryOptions> = {}) =>
  new LocalModelStore({ backend: files, repository: new Repository({ path: files.root, ...repository }), monotonicSeconds: () => 0, ...options });
const start = async (options: Partial<StoreOptions> = {}, repository: Partial<RepositoryOptions> = {}) => {
  const store = newStore(options, repository);
  await store.start({ cpus: 1 }, (error) => crashes.push(error));
  return store;
};
const index = (store: LocalModelStore) =>
  computeRepositoryIndex(store.models(), false).map(
    ({ name, version, state, reason }) => `${name}/${version} ${state}${reason === '' ? '' : `: ${reason}`}`,
  );
const readiness = (store: LocalModelStore) => computeReadiness(store.models(), store.isDraining);
const config = (text: string): [string, string] => ['config', text];
/** Resolves when everything that only waited for resolved promises has run. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('start', () => {
  test('several models; one that cannot be loaded does not keep the others from serving, and is why the server is not ready', async () => {
    files.write('good/1/model.onnx', 'a');
    files.write('other/1/model.onnx', 'bad');
    files.write('typo/3/model.onnx', 'b');
    files.write('typo/config.pbtxt', 'max_batchsize: 4');
    const store = await start();
    expect(index(store)).toEqual([
      'good/1 READY',
      'other/1 UNAVAILABLE: ONNX Runtime refused "bad"',
      expect.stringMatching(/^typo\/3 UNAVAILABLE: Model "typo": typo\/config\.pbtxt:1:1: "max_batchsize" is no field of ModelConfig; did you mean/),
    ]);
    expect(readiness(store)).toEqual({ isReady: false, reason: 'model other version 1 is Failed, model typo version 3 is Failed' });
  });
  test('with none that loads there is nothing to serve', async () => {
    files.write('m/1/model.onnx', 'bad');
    await expect(start()).rejects.toMatchObject({ name: 'LoadError', code: 'MODEL_INVALID' });
  });
  test('with none that loads it goes on when somebody can mend it', async () => {
    files.write('m/1/model.onnx', 'bad');
    const store = await start({ canBeMended: true });
    files.write('m/1/model.onnx', 'a');
    await store.load('m');
    expect([index(store), readiness(store).isReady]).toEqual([['m/1 READY'], true]);
  });
  test.each([
    { name: 'no policy', policy: '', want: ['m/1 READY', 'm/2 READY', 'm/10 READY'] },
    { name: 'the latest', policy: 'version_policy { latest { num_versions: 1 } }', want: ['m/10 READY'] },
    { name: 'specific ones', policy: 'version_policy { specific { versions: [2, 7] } }', want: ['m/2 READY'] },
  ])('versions by policy: $name', async ({ policy, want }) => {
    for (const version of [1, 2, 10]) files.write(`m/${version}/model.onnx`, `a${version}`);
    files.write('m/config.pbtxt', policy);
    expect(index(await start())).toEqual(want);
  });
  test('settings reach the load and the model: threads, file, labels, warm-up', async () => {
    files.write('m/1/net.onnx', 'a');
    files.write('m/labels.txt', 'cat\r\ndog\n');
    files.write(
      'm/config.pbtxt',
      `default_model_filename: "net.onnx" parameters { key: "intra_op_thread_count" value { string_value: "7" } }
       output { name: "y" label_filename: "labels.txt" }
       model_warmup { name: "w" batch_size: 3 count: 2 inputs { key: "x" value { data_type: TYPE_FP32 dims: 2 zero_data: true } } }`,
    );
    const store = await start();
    expect(files.loads[0]?.options).toMatchObject({ threads: 7, mode: 'thread' });
    expect(store.models()[0]?.settings.labels).toEqual(new Map([['y', ['cat', 'dog']]]));
    expect(
      files.sessions
        .get('a')
        ?.runs.slice(0, 2)
        .map(([x]) => x?.shape),
    ).toEqual([
      [3, 2],
      [3, 2],
    ]);
  });
  test('config.yaml lies over config.pbtxt, field by field', async () => {
    files.write('m/1/model.onnx', 'a');
    files.write('m/config.pbtxt', 'max_batch_size: 4 response_cache { enable: true }');
    const layers = new Map([
      [
        'm',
        {
          kind: 'Message',
          place: '',
          form: 'Json',
          fields: [{ name: 'maxBatchSize', place: '', values: [{ kind: 'Scalar', place: '', text: '9', form: 'Json' }] }],
        } as const,
      ],
    ]);
    const store = await start({}, { layers });
    expect(store.models()[0]?.settings).toMatchObject({ maxBatchRows: 9, responseCache: true });
  });
  test.each([
    ['a tensor that the model has not', 'input { name: "z" dims: [ 2 ] }', 'declares input "z", but the model has none of that name; it has "x"'],
    ['another datatype', 'input { name: "x" data_type: TYPE_INT64 }', 'its data_type is INT64 there and FP32 in the model'],
    [
      'other dims',
      'max_batch_size: 4 output { name: "y" dims: [ 3 ] }',
      'its dims are [-1,3] (the batch axis in front, because of "max_batch_size") and the model has [-1,2]',
    ],
    ['free dims where the model has fixed ones', 'max_batch_size: 4 input { name: "x" dims: [ -1 ] }', 'make them agree'],
    ['a GPU that the server has not', 'instance_group { kind: KIND_GPU }', 'asks for a GPU'],
    ['another name', 'name: "n"', 'the configuration\'s "name" is "n" and the folder\'s "m"'],
    ['a label file that is not there', 'output { name: "y" label_filename: "l.txt" }', "the model's folder has no such file"],
    ['a version that is not there', 'version_policy { specific { versions: 5 } }', 'none of them is to be served'],
    [
      'a warm-up of other inputs',
      'model_warmup { name: "w" inputs { key: "q" value { data_type: TYPE_FP32 dims: 1 zero_data: true } } }',
      'the model has no input "q"',
    ],
    [
      'a warm-up file that is not there',
      'model_warmup { name: "w" inputs { key: "x" value { data_type: TYPE_FP32 dims: 1 input_data_file: "f" } } }',
      'has no such file',
    ],
  ])('refuses a configuration with %s', async (_name, text, want) => {
    files.write('m/1/model.onnx', 'a');
    files.write('m/config.pbtxt', text);
    await expect(start()).rejects.toThrow(want);
    expect(files.sessions.get('a')?.isClosed ?? true).toBe(true);
  });
});

describe('load', () => {
  test('the old one serves until the new one is proven, and goes when its requests have ended', async () => {
    files.write('m/1/model.onnx', 'a');
    const store = await start();
    const [old] = store.models();
    old?.enter();
    files.write('m/1/model.onnx', 'b!');
    const gate = Promise.withResolvers<void>();
    files.gate = gate.promise;
    const loaded = store.load('m');
    await settle();
    expect([store.models()[0] === old, readiness(store).isReady]).toEqual([true, true]);
    gate.resolve();
    await loaded;
    expect([index(store), store.models()[0] === old, files.sessions.get('a')?.isClosed]).toEqual([['m/1 READY'], false, false]);
    old?.leave();
    await settle();
    expect([files.sessions.get('a')?.isClosed, files.sessions.get('b!')?.isClosed]).toEqual([true, false]);
  });
  test.each([
    { name: 'does not load', content: 'bad!', want: 'failed to load \'m\': ONNX Runtime refused "bad!"; what served before serves on: version 1' },
    { name: 'fails at its first run', content: 'cold', want: 'what served before serves on: version 1' },
  ])('one that $name leaves the old one as it was', async ({ content, want }) => {
    files.write('m/1/model.onnx', 'a');
    files.write(
      'm/config.pbtxt',
      'model_warmup { name: "w" batch_size: 1 inputs { key: "x" value { data_type: TYPE_FP32 dims: 2 zero_data: true } } }',
    );
    const store = await start();
    files.write('m/1/model.onnx', content);
    await expect(store.load('m')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(want) });
    expect([index(store), readiness(store).isReady, files.sessions.get('a')?.isClosed]).toEqual([['m/1 READY'], true, false]);
    await settle();
    expect(files.sessions.get('cold')?.isClosed ?? true).toBe(true);
  });
  test('a new version that does not load is told in the index, and the server stays ready', async () => {
    files.write('m/1/model.onnx', 'a');
    const store = await start();
    files.write('m/2/model.onnx', 'bad');
    await expect(store.load('m')).rejects.toThrow('serves on');
    expect([index(store), readiness(store).isReady]).toEqual([['m/1 READY', 'm/2 UNAVAILABLE: ONNX Runtime refused "bad"'], true]);
    files.write('m/2/model.onnx', 'mended');
    await store.load('m');
    expect(index(store)).toEqual(['m/1 READY', 'm/2 READY']);
  });
  test('what did not change is not loaded again; what changed in its configuration is', async () => {
    files.write('m/1/model.onnx', 'a');
    const store = await start();
    await store.load('m');
    files.write('m/2/model.onnx', 'b');
    await store.load('m');
    expect(files.loads.length).toBe(2);
    files.write('m/config.pbtxt', 'max_batch_size: 2');
    await store.load('m');
    expect([files.loads.length, store.models().map((model) => model.settings.maxBatchRows)]).toEqual([4, [2, 2]]);
  });
  test('a configuration in the request stands in place of the file until the next load', async () => {
    files.write('m/1/model.onnx', 'a');
    files.write('m/config.pbtxt', 'response_cache { enable: true }');
    const store = await start();
    await store.load('m', new Map([config('{"max_batch_size": 3}')]));
    expect(store.models()[0]?.settings).toMatchObject({ maxBatchRows: 3, responseCache: false });
    await store.load('m');
    expect(store.models()[0]?.settings).toMatchObject({ responseCache: true });
  });
  test.each<{ name: string; model: string; parameters: [string, string | number | Uint8Array][]; want: object }>([
    { name: 'an unknown model', model: 'n', parameters: [], want: { code: 'NOT_FOUND' } },
    { name: 'a way out of the folder', model: '../m', parameters: [], want: { code: 'NOT_FOUND' } },
    {
      name: 'an unknown parameter',
      model: 'm',
      parameters: [['colour', 'red']],
      want: { code: 'INVALID_ARGUMENT', message: expect.stringContaining('known:') },
    },
    {
      name: 'a configuration that is no JSON',
      model: 'm',
      parameters: [config('{')],
      want: { code: 'INVALID_ARGUMENT', message: expect.stringContaining('no JSON') },
    },
    { name: 'a configuration that is a list', model: 'm', parameters: [config('[]')], want: { code: 'INVALID_ARGUMENT' } },
    { name: 'a configuration that is a number', model: 'm', parameters: [['config', 3]], want: { code: 'INVALID_ARGUMENT' } },
    {
      name: 'a field that is none',
      model: 'm',
      parameters: [config('{"maxBatch": 3}')],
      want: { code: 'INVALID_ARGUMENT', message: expect.stringContaining('"maxBatch" is no field of ModelConfig') },
    },
    {
      name: 'bytes',
      model: 'm',
      parameters: [['file:1/model.onnx', new Uint8Array(3)]],
      want: { code: 'UNIMPLEMENTED', message: expect.stringContaining('--allow-inline-models') },
    },
  ])('refuses $name', async ({ model, parameters, want }) => {
    files.write('m/1/model.onnx', 'a');
    const store = await start();
    await expect(store.load(model, new Map(parameters))).rejects.toMatchObject(want);
    expect(index(store)).toEqual(['m/1 READY']);
  });
  test('bytes, where they are allowed, become a model that leaves nothing behind', async () => {
    files.write('m/1/model.onnx', 'a');
    const store = await start({ allowsInlineModels: true });
    await store.load('inline', new Map([['file:4/model.onnx', Buffer.from('c')]]));
    const folder = dirname(dirname(dirname(store.models().at(-1)?.located.path ?? '')));
    expect([index(store), existsSync(folder)]).toEqual([['m/1 READY', 'inline/4 READY'], true]);
    await expect(store.load('inline', new Map([['file:../x', Buffer.from('c')]]))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await store.unload('inline');
    expect(existsSync(folder)).toBe(false);
  });
  test('a session that dies after a reload is Failed and told; one that was replaced dies unheard', async () => {
    files.write('m/1/model.onnx', 'a');
    const store = await start();
    const crashOld = files.crash;
    files.write('m/1/model.onnx', 'b!');
    await store.load('m');
    crashOld(new Error('old'));
    files.crash(new Error('new'));
    expect([crashes.map((error) => error.message), store.models()[0]?.state]).toEqual([['new'], 'Failed']);
  });
  test('a drain refuses what has not begun', async () => {
    files.write('m/1/model.onnx', 'a');
    const store = await start();
    store.drain();
    await expect(store.load('m')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
  test('more than a bounded number of loads may not wait', async () => {
    files.write('m/1/model.onnx', 'a');
    const store = await start();
    const results = await Promise.allSettled(Array.from({ length: 70 }, () => store.load('m')));
    expect(results.filter((result) => result.status === 'rejected').length).toBe(6);
    await store.idle();
  });
});

describe('unload', () => {
  test('waits for what is in flight, then frees the memory; the index tells it and readiness forgets it', async () => {
    files.write('m/1/model.onnx', 'a');
    files.write('n/1/model.onnx', 'b');
    const store = await start();
    const [model] = store.models();
    model?.enter();
    const unloaded = store.unload('m');
    await settle();
    expect([index(store), files.sessions.get('a')?.isClosed]).toEqual([['m/1 UNAVAILABLE: unloaded', 'n/1 READY'], false]);
    model?.leave();
    await unloaded;
    expect([files.sessions.get('a')?.isClosed, readiness(store).isReady, store.statusz().map(({ name }) => name)]).toEqual([true, true, ['n']]);
    await store.load('m');
    expect(index(store)).toEqual(['n/1 READY', 'm/1 READY']);
  });
  test('waits no longer than it may', async () => {
    files.write('m/1/model.onnx', 'a');
    const store = await start({ unloadTimeoutSeconds: 0.01 });
    store.models()[0]?.enter();
    await store.unload('m');
    expect(files.sessions.get('a')?.isClosed).toBe(true);
  });
  test('an unknown model is NOT_FOUND', async () => {
    files.write('m/1/model.onnx', 'a');
    await expect((await start()).unload('n')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('RepositoryWatcher', () => {
  const watch = async () => {
    const repository = new Repository({ path: files.root });
    const known = await observeRepository(repository);
    const store = await start({ canBeMended: true });
    const changes: string[] = [];
    const onChange = (change: RepositoryChange) => changes.push(change.kind === 'Unreadable' ? change.kind : `${change.kind} ${change.model}`);
    const watcher = new RepositoryWatcher({ repository, store, known, onChange });
    return { store, changes, watcher };
  };

  test('a change is loaded when it was the same in two looks, and once', async () => {
    files.write('m/1/model.onnx', 'a');
    const { store, changes, watcher } = await watch();
    await watcher.look();
    await watcher.look();
    expect(changes).toEqual([]);
    files.write('m/2/model.onnx', 'b');
    await watcher.look();
    expect(changes).toEqual([]);
    await watcher.look();
    await watcher.look();
    expect([changes, index(store)]).toEqual([['Loaded m'], ['m/1 READY', 'm/2 READY']]);
  });
  test('a file that still grows is left alone', async () => {
    files.write('m/1/model.onnx', 'a');
    const { store, changes, watcher } = await watch();
    for (let size = 1; size < 6; size += 1) {
      files.write('m/2/model.onnx', 'b'.repeat(size));
      await watcher.look();
    }
    expect([changes, index(store)]).toEqual([[], ['m/1 READY']]);
    await watcher.look();
    expect(index(store)).toEqual(['m/1 READY', 'm/2 READY']);
  });
  test.each<{ name: string; change: () => void; want: string[]; tell: string[] }>([
    {
      name: 'a file of the same size and another time',
      change: () => utimesSync(join(files.root, 'm/1/model.onnx'), 5, 5),
      want: ['n/1 READY', 'm/1 READY'],
      tell: ['Loaded m'],
    },
    {
      name: 'a configuration',
      change: () => files.write('m/config.pbtxt', 'max_batch_size: 2'),
      want: ['n/1 READY', 'm/1 READY'],
      tell: ['Loaded m'],
    },
    { name: 'a new model', change: () => files.write('k/1/model.onnx', 'k'), want: ['m/1 READY', 'n/1 READY', 'k/1 READY'], tell: ['Loaded k'] },
    { name: 'a model that went', change: () => files.delete('m'), want: ['n/1 READY'], tell: ['Removed m'] },
    { name: 'a broken configuration', change: () => files.write('m/config.pbtxt', 'x: 1'), want: ['m/1 READY', 'n/1 READY'], tell: ['Refused m'] },
    { name: 'the whole folder going', change: () => files.remove(), want: ['m/1 READY', 'n/1 READY'], tell: [] },
  ])('follows $name', async ({ change, want, tell }) => {
    files.write('m/1/model.onnx', 'a');
    files.write('n/1/model.onnx', 'b');
    const { store, changes, watcher } = await watch();
    change();
    for (let looks = 0; looks < 4; looks += 1) await watcher.look();
    expect([index(store), changes]).toEqual([want, tell]);
  });
  test('a version that went goes, and one that fails is tried again when its files change', async () => {
    files.write('m/1/model.onnx', 'a');
    files.write('m/2/model.onnx', 'bad');
    const { store, changes, watcher } = await watch();
    files.delete('m/1');
    files.write('m/2/model.onnx', 'bad again');
    for (let looks = 0; looks < 3; looks += 1) await watcher.look();
    expect([changes, index(store)[0]]).toEqual([['Refused m'], 'm/1 READY']);
    files.write('m/2/model.onnx', 'good');
    for (let looks = 0; looks < 3; looks += 1) await watcher.look();
    expect([changes, index(store)]).toEqual([['Refused m', 'Loaded m'], ['m/2 READY']]);
  });
  test('a folder that cannot be looked at is told once, and looked at again', async () => {
    const stopped = new AbortController();
    const told: string[] = [];
    let looks = 0;
    const names = () => {
      looks += 1;
      if (looks < 4) throw new Error('EACCES');
      stopped.abort();
      return [];
    };
    const store = { load: async () => undefined, remove: async () => undefined };
    const onChange = (change: RepositoryChange) => told.push(change.kind);
    const repository = { isThere: true, names, filesOf: () => [] };
    await new RepositoryWatcher({ repository, store, known: new Map(), onChange }).run(
      { now: () => 0, sleep: async () => undefined },
      stopped.signal,
    );
    expect([looks, told]).toEqual([4, ['Unreadable']]);
  });
  test('stops when told', async () => {
    files.write('m/1/model.onnx', 'a');
    const { watcher } = await watch();
    const stopped = new AbortController();
    let sleeps = 0;
    const clock = {
      now: () => 0,
      sleep: async () => {
        sleeps += 1;
        if (sleeps === 3) stopped.abort();
      },
    };
    await watcher.run(clock, stopped.signal);
    expect(sleeps).toBe(3);
  });
});
