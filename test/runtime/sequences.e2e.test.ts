/** Sequences on the real server: what they begin with, what the model is told of them, how long they live, how many there are, and their end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { makeOnnxModel, type TestNode, type TestValue } from '../builders/onnx-model.js';
import { type Answer, type Ask, floats, InferClient, readFloats } from './infer-client.js';
import { ModelFolder } from './model-folder.js';
import { ServerProcess } from './server-process.js';

/** Of onnx.proto. */
const ELEM = { FP32: 1, INT32: 6, INT64: 7, BYTES: 8, BOOL: 9, UINT32: 12, UINT64: 13 } as const;

/** y = s + x of [n, 1], which is also the next state; and each control comes back as an output `<name>_out`. */
function makeSum(
  controls: readonly { readonly name: string; readonly type: keyof typeof ELEM; readonly shape?: TestValue['shape'] }[] = [],
): Uint8Array {
  const rows = ['n', 1] as const;
  const echoes: TestNode[] = controls.map(({ name }) => ({ op: 'Identity', inputs: [name], outputs: [`${name}_out`] }));
  const told = controls.map(({ name, type, shape = rows }) => ({ name, elemType: ELEM[type], shape }));
  return makeOnnxModel({
    nodes: [{ op: 'Add', inputs: ['x', 's'], outputs: ['y'] }, { op: 'Identity', inputs: ['y'], outputs: ['next'] }, ...echoes],
    inputs: [{ name: 'x', shape: rows }, { name: 's', shape: rows }, ...told],
    outputs: [{ name: 'y', shape: rows }, { name: 'next', shape: rows }, ...told.map(({ name, ...rest }) => ({ name: `${name}_out`, ...rest }))],
  });
}

interface SumConfig {
  readonly initial?: string;
  readonly controls?: string;
  readonly idleSeconds?: number;
  readonly more?: string;
}

function sumConfig({ initial = '', controls = '', idleSeconds = 600, more = '' }: SumConfig = {}): string {
  const state = `state [ { input_name: "s" output_name: "next" data_type: TYPE_FP32 dims: [ 1 ] ${initial} } ]`;
  return `max_batch_size: 8\nsequence_batching { max_sequence_idle_microseconds: ${idleSeconds * 1e6} ${state} ${controls} ${more} }\n`;
}

function control(name: string, kind: string, values: string): string {
  return `control_input [ { name: "${name}" control [ { kind: CONTROL_SEQUENCE_${kind} ${values} } ] } ]`;
}

type Id = NonNullable<Ask['parameters']>[string];
const number = (id: number | bigint): Id => (id > 2n ** 63n - 1n ? { uint64_param: String(id) } : { int64_param: String(id) });
const text = (id: string): Id => ({ string_param: id });

interface Step {
  readonly model?: string;
  readonly id: Id;
  readonly values?: readonly number[];
  readonly start?: boolean;
  readonly end?: boolean;
}

function toAsk({ model = 'sum', id, values = [1], start = false, end = false }: Step): Ask {
  const flags = { ...(start ? { sequence_start: { bool_param: true } } : {}), ...(end ? { sequence_end: { bool_param: true } } : {}) };
  return { model, inputs: [floats('x', [values.length, 1], values)], parameters: { sequence_id: id, ...flags } };
}

const folder = new ModelFolder();
const started: { readonly server: ServerProcess; readonly client: InferClient }[] = [];

async function start(flags: readonly string[] = []) {
  const server = new ServerProcess([folder.path, ...flags]);
  const address = await server.waitUntilReady();
  const client = new InferClient(address.grpc);
  started.push({ server, client });
  return { server, client, ...address };
}

async function stopAll(): Promise<void> {
  await Promise.all(
    started.splice(0).map(async ({ server, client }) => {
      client.close();
      await server.stop();
    }),
  );
}

/** false and true of each kind, as the model is to see them. */
const KINDS = ['START', 'READY', 'END'] as const;
const CONTROLS = [
  { type: 'INT32', values: 'int32_false_true: [ -7, 40 ]', pair: [-7, 40], read: (bytes: Buffer) => bytes.readInt32LE() },
  { type: 'FP32', values: 'fp32_false_true: [ 0.25, -1.5 ]', pair: [0.25, -1.5], read: (bytes: Buffer) => bytes.readFloatLE() },
  { type: 'BOOL', values: 'bool_false_true: [ false, true ]', pair: [0, 1], read: (bytes: Buffer) => bytes.readUInt8() },
  { type: 'BOOL', values: 'bool_false_true: [ true, false ]', pair: [1, 0], read: (bytes: Buffer) => bytes.readUInt8(), name: 'inverse' },
] as const;
const nameOf = ({ type, ...more }: (typeof CONTROLS)[number]): string => `told_${type}${'name' in more ? `_${more.name}` : ''}`;

const IDS = [
  { type: 'UINT64', id: 2n ** 64n - 1n, read: (bytes: Buffer) => bytes.readBigUInt64LE() },
  { type: 'INT64', id: 2n ** 63n - 1n, read: (bytes: Buffer) => bytes.readBigInt64LE() },
  { type: 'UINT32', id: 2n ** 32n - 1n, read: (bytes: Buffer) => BigInt(bytes.readUInt32LE()) },
  { type: 'INT32', id: 2n ** 31n - 1n, read: (bytes: Buffer) => BigInt(bytes.readInt32LE()) },
] as const;

beforeAll(() => {
  folder.add('sum', makeSum(), sumConfig());
  folder.add('zero', makeSum(), sumConfig({ initial: 'initial_state [ { data_type: TYPE_FP32 dims: [ 1 ] zero_data: true name: "zeros" } ]' }));
  const seven = { 'initial_state/seven': new Uint8Array(Float32Array.of(7).buffer) };
  folder.add(
    'file',
    makeSum(),
    sumConfig({ initial: 'initial_state [ { data_type: TYPE_FP32 dims: [ 1 ] data_file: "seven" name: "seven" } ]' }),
    seven,
  );
  for (const one of CONTROLS) {
    const controls = KINDS.map((kind) => control(kind, kind, one.values)).join('\n');
    folder.add(nameOf(one), makeSum(KINDS.map((name) => ({ name, type: one.type }))), sumConfig({ controls }));
  }
  for (const { type } of IDS)
    folder.add(`id_${type}`, makeSum([{ name: 'id', type }]), sumConfig({ controls: control('id', 'CORRID', `data_type: TYPE_${type}`) }));
  folder.add('id_BYTES', makeSum([{ name: 'id', type: 'BYTES' }]), sumConfig({ controls: control('id', 'CORRID', 'data_type: TYPE_STRING') }));
  folder.add('brief', makeSum(), sumConfig({ idleSeconds: 0.3 }));
  folder.add('few', makeSum(), sumConfig({ more: 'oldest { max_candidate_sequences: 2 }' }));
});
afterAll(() => folder.remove());

describe('a server that runs', () => {
  let client: InferClient;
  let rest = '';
  beforeAll(async () => {
    ({ client, rest } = await start());
  }, 60_000);
  afterAll(stopAll);

  const infer = (step: Step): Promise<Answer> => client.infer(toAsk(step));
  const y = async (step: Step): Promise<number[]> => readFloats((await infer(step))['y']);

  test('state goes from request to request of its sequence, and to no other', async () => {
    expect(await y({ id: number(1), values: [1], start: true })).toEqual([1]);
    expect(await y({ id: number(2), values: [10, 20], start: true })).toEqual([10, 20]);
    expect(await y({ id: number(1), values: [2] })).toEqual([3]);
    expect(await y({ id: number(2), values: [1, 1] })).toEqual([11, 21]);
    expect(await y({ id: number(1), values: [4], end: true })).toEqual([7]);
    expect(await y({ id: number(1), values: [1], start: true, end: true })).toEqual([1]);
  });
  test('the state is no output of clients, and no input', async () => {
    const metadata = await (await fetch(`${rest}/v2/models/sum`)).json();
    expect(metadata).toMatchObject({ inputs: [{ name: 'x' }], outputs: [{ name: 'y' }] });
  });
  test('a number and a text of the same digits are two sequences; HTTP and gRPC share one', async () => {
    await y({ id: number(5), values: [1], start: true });
    await y({ id: text('5'), values: [100], start: true });
    expect([await y({ id: number(5) }), await y({ id: text('5') })]).toEqual([[2], [101]]);
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [1] }];
    const body = JSON.stringify({ inputs, parameters: { sequence_id: '5', sequence_end: true } });
    const response = await fetch(`${rest}/v2/models/sum/infer`, { method: 'POST', body });
    expect(await response.json()).toMatchObject({ outputs: [{ name: 'y', data: [102] }] });
    await expect(y({ id: text('5') })).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
    expect(await y({ id: number(5), end: true })).toEqual([3]);
  });
  test.each([
    ['zero', [1, 2], [1, 2]],
    ['file', [1, 2], [8, 9]],
  ])('initial_state: %s, for each row', async (model, values, want) => {
    expect(await y({ model, id: number(1), values, start: true })).toEqual(want);
    expect(await y({ model, id: number(1), values })).toEqual(want.map((sum, row) => sum + (values[row] ?? 0)));
    expect(await y({ model, id: number(1), values, start: true })).toEqual(want); // begun anew
  });

  describe('controls', () => {
    test.each(CONTROLS.map((one) => [nameOf(one), one] as const))(
      '%s: START, READY and END of each request',
      async (model, { pair: [no, yes], read }) => {
        const told = async (step: Pick<Step, 'start' | 'end'>): Promise<number[]> => {
          const answer = await infer({ model, id: number(3), values: [1, 1], ...step });
          return KINDS.map((kind) => {
            const bytes = answer[`${kind}_out`] ?? Buffer.alloc(0);
            const half = bytes.byteLength / 2;
            expect(bytes.subarray(0, half)).toEqual(bytes.subarray(half)); // each row is told the same
            return read(bytes);
          });
        };
        expect(await told({ start: true })).toEqual([yes, yes, no]);
        expect(await told({})).toEqual([no, yes, no]);
        expect(await told({ end: true })).toEqual([no, yes, yes]);
        expect(await told({ start: true, end: true })).toEqual([yes, yes, yes]);
      },
    );
    test.each(IDS)('the id as $type', async ({ type, id, read }) => {
      const model = `id_${type}`;
      const told = async (given: bigint): Promise<bigint> =>
        read((await infer({ model, id: number(given), start: true }))['id_out'] ?? Buffer.alloc(0));
      expect([await told(1n), await told(id)]).toEqual([1n, id]);
      const words = {
        code: status.INVALID_ARGUMENT,
        details: expect.stringMatching(`does not fit its input 'id', which is ${type}: give an integer below`),
      };
      if (id < 2n ** 64n - 1n) await expect(told(id + 1n)).rejects.toMatchObject(words);
      await expect(infer({ model, id: text('seven'), start: true })).rejects.toMatchObject(words);
    });
    test('the id as BYTES, a number as its digits', async () => {
      const told = async (id: Id): Promise<string> => {
        const bytes = (await infer({ model: 'id_BYTES', id, start: true }))['id_out'] ?? Buffer.alloc(4);
        expect(bytes.readUInt32LE()).toBe(bytes.byteLength - 4);
        return bytes.toString('utf8', 4);
      };
      expect([await told(text('über-7')), await told(number(42))]).toEqual(['über-7', '42']);
    });
  });

  test('one that was idle for too long is forgotten, and who goes on is told why', async () => {
    await y({ model: 'brief', id: number(9), start: true });
    expect(await y({ model: 'brief', id: number(9) })).toEqual([2]);
    await sleep(700);
    await expect(infer({ model: 'brief', id: number(9) })).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      details:
        "inference request for sequence 9 to model 'brief' must specify the START flag on the first request of the sequence: there is no sequence 9; it has not begun, has ended, or was idle for 0.3 s (max_sequence_idle_microseconds)",
    });
    expect(await y({ model: 'brief', id: number(9), start: true })).toEqual([1]);
  });
  test('there are no more than were allowed; one that ends makes room', async () => {
    for (const id of [1, 2]) await y({ model: 'few', id: number(id), start: true });
    const words = "Model 'few' has 2 sequences, which is its bound (max_candidate_sequences): end one, or wait until one has been idle for too long";
    await expect(infer({ model: 'few', id: number(3), start: true })).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED, details: words });
    expect(await y({ model: 'few', id: number(1), end: true })).toEqual([2]);
    expect(await y({ model: 'few', id: number(3), start: true })).toEqual([1]);
    expect(await y({ model: 'few', id: number(2) })).toEqual([2]);
  });
});

describe('an initial state that cannot be', () => {
  const broken = new ModelFolder();
  afterAll(() => broken.remove());
  afterEach(stopAll);
  test.each([
    ['is not there', {}, /initial_state\/seven, which is not there/],
    ['has another size', { 'initial_state/seven': new Uint8Array(3) }, /initial_state\/seven, has 3 bytes: give 4 bytes for one row of FP32/],
  ])(
    'a file that %s is named, and ends the start',
    async (_, files, reason) => {
      broken.add('file', makeSum(), sumConfig({ initial: 'initial_state [ { data_type: TYPE_FP32 dims: [ 1 ] data_file: "seven" } ]' }), files);
      const server = new ServerProcess([broken.path]);
      started.push({ server, client: new InferClient('127.0.0.1:1') });
      expect(await server.exitCode).not.toBe(0);
      expect(server.logs.at(-1)).toMatchObject({ message: 'Ended', reason: expect.stringMatching(reason) });
    },
    60_000,
  );
});

describe('a server that drains', () => {
  afterEach(stopAll);
  const draining = { code: status.UNAVAILABLE, details: "Model 'sum' is draining: it ends the sequences that it has and begins no other" };

  test('sequences that have begun go on and end, none begins', async () => {
    const { server, client } = await start(['--drain-delay', '3']);
    await client.infer(toAsk({ id: number(1), start: true }));
    server.signal('SIGTERM');
    await server.waitForLog('Draining');
    await expect(client.infer(toAsk({ id: number(2), start: true }))).rejects.toMatchObject(draining);
    expect(readFloats((await client.infer(toAsk({ id: number(1) })))['y'])).toEqual([2]);
    expect(readFloats((await client.infer(toAsk({ id: number(1), end: true })))['y'])).toEqual([3]);
    await expect(client.infer(toAsk({ id: number(1), start: true }))).rejects.toMatchObject(draining);
    expect(await server.exitCode).toBe(0);
  }, 60_000);
  test('after the delay, a client that asks on is told UNAVAILABLE', async () => {
    const { server, client } = await start();
    await client.infer(toAsk({ id: number(1), start: true }));
    server.signal('SIGTERM');
    expect(await server.exitCode).toBe(0);
    await expect(client.infer(toAsk({ id: number(1) }))).rejects.toMatchObject({ code: status.UNAVAILABLE });
    expect(server.logs).toContainEqual(
      expect.objectContaining({ level: 'warn', message: 'Dropped sequences', model: 'sum', version: '1', count: 1 }),
    );
  }, 60_000);
  test('a stream goes on with the sequences it has, and is told with a status when the time is over', async () => {
    const { server, client } = await start(['--drain-timeout', '2']);
    const stream = client.stream();
    await stream.infer(toAsk({ id: number(1), start: true }));
    server.signal('SIGTERM');
    await server.waitForLog('Draining');
    await sleep(200);
    expect(readFloats((await stream.infer(toAsk({ id: number(1) })))['y'])).toEqual([2]);
    await expect(stream.infer(toAsk({ id: number(2), start: true }))).rejects.toThrow(draining.details);
    expect(await stream.ended).toEqual({
      code: status.UNAVAILABLE,
      details: 'The server is shutting down, and the time for calls in flight is over',
    });
    expect(await server.exitCode).toBe(0);
  }, 60_000);
  test('a stream whose client has ended its sequences holds nothing up', async () => {
    const { server, client } = await start(['--drain-timeout', '50']);
    const stream = client.stream();
    await stream.infer(toAsk({ id: number(1), start: true }));
    server.signal('SIGTERM');
    await server.waitForLog('Draining');
    expect(readFloats((await stream.infer(toAsk({ id: number(1), end: true })))['y'])).toEqual([2]);
    stream.call.end();
    expect(await stream.ended).toMatchObject({ code: status.OK });
    expect(await server.exitCode).toBe(0);
    expect(server.logs.map(({ message }) => message)).not.toContain('Dropped sequences');
  }, 40_000);
});
