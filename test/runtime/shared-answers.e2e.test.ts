/** Answers from memory and shared runs (response_cache, slipway_single_flight) on the real server, with real models. */
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { INT64, makeOnnxModel } from '../builders/onnx-model.js';
import { type Answer, type Ask, type AskInput, floats, InferClient, readFloats } from './infer-client.js';
import { ModelFolder } from './model-folder.js';
import { readMetric } from './read-metric.js';
import { ServerProcess } from './server-process.js';
import { makeLoopModel } from './tiny-models.js';
import { until } from './until.js';

const CACHE = 'response_cache { enable: true }\n';
const SINGLE = 'parameters { key: "slipway_single_flight" value { string_value: "1" } }\n';
/** Of one answer of `wide`: 64 of them with their entries are more than the cache's 64 MiB. */
const WIDE = 256 * 1024;

/** y = x * factor. */
function makeScale(factor: number): Uint8Array {
  return makeOnnxModel({
    nodes: [{ op: 'Mul', inputs: ['x', 'factor'], outputs: ['y'] }],
    inputs: [{ name: 'x', shape: ['n'] }],
    outputs: [{ name: 'y', shape: ['n'] }],
    initializers: [{ name: 'factor', dims: [1], values: [factor] }],
  });
}

/** One number a row → a MiB of it a row. */
const wide = makeOnnxModel({
  nodes: [{ op: 'Expand', inputs: ['x', 'shape'], outputs: ['y'] }],
  inputs: [{ name: 'x', shape: [1] }],
  outputs: [{ name: 'y', shape: [WIDE] }],
  initializers: [{ name: 'shape', dims: [1], elemType: INT64, values: [WIDE] }],
});
const noise = makeOnnxModel({
  nodes: [
    { op: 'RandomUniformLike', inputs: ['x'], outputs: ['r'], name: 'dice' },
    { op: 'Add', inputs: ['x', 'r'], outputs: ['y'] },
  ],
  inputs: [{ name: 'x', shape: ['n'] }],
  outputs: [{ name: 'y', shape: ['n'] }],
});
/** y = s + x, and the sum is the next state. */
const sum = makeOnnxModel({
  nodes: [
    { op: 'Add', inputs: ['x', 's'], outputs: ['y'] },
    { op: 'Identity', inputs: ['y'], outputs: ['next'] },
  ],
  inputs: [
    { name: 'x', shape: ['n', 1] },
    { name: 's', shape: ['n', 1] },
  ],
  outputs: [
    { name: 'y', shape: ['n', 1] },
    { name: 'next', shape: ['n', 1] },
  ],
});
const SUM_CONFIG =
  'sequence_batching { state [ { input_name: "s" output_name: "next" data_type: TYPE_FP32 dims: [ -1, 1 ] } ] max_sequence_idle_microseconds: 60000000 }\n';

const folder = new ModelFolder();
let server: ServerProcess;
let client: InferClient;
let metrics = '';
let rest = '';

beforeAll(async () => {
  folder.add('scale', makeScale(2), CACHE);
  folder.add('wide', wide, CACHE);
  folder.add('noise', noise, CACHE + SINGLE);
  folder.add('sum', sum, CACHE + SINGLE + SUM_CONFIG);
  folder.add('plain', makeScale(2));
  folder.add('loop', makeLoopModel(), `${SINGLE}instance_group [ { count: 1 } ]\n`);
  server = new ServerProcess([folder.path, '--watch']);
  const address = await server.waitUntilReady();
  ({ metrics, rest } = address);
  client = new InferClient(address.grpc, { 'grpc.max_receive_message_length': -1 });
}, 60_000);
afterAll(async () => {
  client.close();
  await server.stop();
  folder.remove();
});

/** Of ModelStatistics. */
async function count(model: string, version = '1') {
  const stats = await client.statistics(model, version);
  const { success, cache_hit: hit, cache_miss: miss } = stats.inference_stats ?? {};
  return { success: Number(success?.count), hits: Number(hit?.count), misses: Number(miss?.count), runs: Number(stats.execution_count) };
}

const ask = (model: string, values: readonly number[], more: Partial<Ask> = {}): Promise<Answer> =>
  client.infer({ model, inputs: [floats('x', [values.length], values)], ...more });

describe('response_cache', () => {
  test('the same request again is answered from memory, bit for bit, and counted so', async () => {
    const first = await ask('scale', [1.1, -0, Number.NaN]);
    expect(await count('scale')).toEqual({ success: 1, hits: 0, misses: 1, runs: 1 });
    const second = await ask('scale', [1.1, -0, Number.NaN]);
    expect(second['y']?.equals(first['y'] ?? Buffer.alloc(0))).toBe(true);
    expect(await count('scale')).toEqual({ success: 2, hits: 1, misses: 1, runs: 1 });
    const labels = '{model="scale",version="1"}';
    expect(await readMetric(metrics, `nv_cache_num_hits_per_model${labels}`)).toBe(1);
    expect(await readMetric(metrics, `nv_cache_num_misses_per_model${labels}`)).toBe(1);
    expect(await readMetric(metrics, `nv_inference_exec_count${labels}`)).toBe(1);
  });
  test('over HTTP it is the same memory', async () => {
    await ask('scale', [4]);
    const before = await count('scale');
    const body = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1], data: [4] }] });
    const response = await fetch(`${rest}/v2/models/scale/infer`, { method: 'POST', body });
    expect(await response.json()).toMatchObject({ outputs: [{ name: 'y', datatype: 'FP32', shape: [1], data: [8] }] });
    expect(await count('scale')).toEqual({ ...before, success: before.success + 1, hits: before.hits + 1 });
  });
  test('what is made of an answer for one client changes it for no other', async () => {
    const plain = { inputs: [{ name: 'x', datatype: 'FP32', shape: [2], data: [1, 3] }] };
    const post = async (body: object): Promise<unknown> =>
      await (await fetch(`${rest}/v2/models/scale/infer`, { method: 'POST', body: JSON.stringify({ ...plain, ...body }) })).json();
    const classified = { outputs: [{ name: 'y', parameters: { classification: 1 } }] };
    const answers = [await post({}), await post(classified), await post({}), await post(classified)];
    expect(answers).toMatchObject([
      { outputs: [{ data: [2, 6] }] },
      { outputs: [{ datatype: 'BYTES', data: ['2.000000:0', '6.000000:0'] }] },
      { outputs: [{ data: [2, 6] }] },
      { outputs: [{ datatype: 'BYTES', data: ['2.000000:0', '6.000000:0'] }] },
    ]);
  });
  test.each<[string, readonly number[], readonly number[]]>([
    ['other values', [5], [6]],
    ['the other zero', [0], [-0]],
    ['another shape of the same bytes', [0], [0, 0]],
  ])('a request that differs misses: %s', async (_, one, other) => {
    await ask('scale', one);
    const before = await count('scale');
    expect(readFloats((await ask('scale', other))['y'])).toEqual(other.map((value) => value * 2));
    expect(await count('scale')).toMatchObject({ hits: before.hits, misses: before.misses + 1 });
  });
  test('a request that fails is neither kept nor counted', async () => {
    const before = await count('scale');
    for (let left = 2; left > 0; left--)
      await expect(client.infer({ model: 'scale', inputs: [floats('x', [1, 1], [1])] })).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
    expect(await count('scale')).toEqual(before);
  });
  test('its bytes are bounded: the answer unused for longest makes room', async () => {
    const values = Array.from({ length: 64 }, (_, index) => index);
    for (const value of values) {
      await ask('wide', [value]);
      await ask('wide', [0]); // used again and again: it stays
    }
    const full = await count('wide');
    expect(full).toMatchObject({ misses: 64, hits: 64 });
    expect(readFloats((await ask('wide', [1]))['y'])[WIDE - 1]).toBe(1);
    expect(await count('wide')).toMatchObject({ misses: 65, hits: 64 });
    await ask('wide', [0]);
    expect(await count('wide')).toMatchObject({ misses: 65, hits: 65 });
  }, 60_000);
  test('a new version, and other bytes in place of a version, do not answer from what the old ones gave', async () => {
    expect(readFloats((await ask('scale', [9]))['y'])).toEqual([18]);
    folder.write('scale/2/model.onnx', makeScale(3));
    await until('version 2', async () => (await fetch(`${rest}/v2/models/scale/versions/2/ready`)).status === 200);
    expect(readFloats((await ask('scale', [9]))['y'])).toEqual([27]);
    expect(await count('scale', '2')).toMatchObject({ hits: 0, misses: 1 });
    expect(readFloats((await ask('scale', [9], { version: '1' }))['y'])).toEqual([18]);
    folder.write('scale/2/model.onnx', makeScale(5));
    await until('the other bytes', async () => readFloats((await ask('scale', [9]))['y'])[0] !== 27);
    expect(readFloats((await ask('scale', [9]))['y'])).toEqual([45]);
  }, 60_000);
  test('who did not ask for it has none', async () => {
    await ask('plain', [1]);
    await ask('plain', [1]);
    expect(await count('plain')).toEqual({ success: 2, hits: 0, misses: 0, runs: 2 });
  });
  test.each([
    ['noise', /has no effect: RandomUniformLike \(node "dice"\) may answer the same request differently each time$/],
    ['sum', /has no effect: an answer depends on the sequence before it$/],
  ])('a model whose answers are no function of the request is refused one, by name: %s', async (model, why) => {
    for (const setting of ['response_cache', 'slipway_single_flight'])
      expect(server.logs).toContainEqual(
        expect.objectContaining({ level: 'warn', model, note: expect.stringMatching(new RegExp(`^${setting} ${why.source}`)) }),
      );
  });
  test('and is not answered from one', async () => {
    const [one, other] = [await ask('noise', [1]), await ask('noise', [1])];
    expect(one['y']?.equals(other['y'] ?? Buffer.alloc(0))).toBe(false);
    expect(await count('noise')).toEqual({ success: 2, hits: 0, misses: 0, runs: 2 });
    const step = (more: NonNullable<Ask['parameters']>) =>
      client.infer({ model: 'sum', inputs: [floats('x', [1, 1], [2])], parameters: { sequence_id: { int64_param: 1 }, ...more } });
    expect(readFloats((await step({ sequence_start: { bool_param: true } }))['y'])).toEqual([2]);
    expect(readFloats((await step({}))['y'])).toEqual([4]);
    expect(await count('sum')).toEqual({ success: 2, hits: 0, misses: 0, runs: 2 });
  });
});

describe('slipway_single_flight', () => {
  /** Long enough that all of a test's requests meet. */
  const TRIPS = 300_000n;
  const slow = (values: readonly number[]): Ask => {
    const trips: AskInput = { name: 'trips', datatype: 'INT64', shape: [], data: new Uint8Array(BigInt64Array.of(TRIPS).buffer) };
    return { model: 'loop', inputs: [trips, floats('x', [values.length], values)] };
  };
  const isUnderWay = (want: number) => async (): Promise<boolean> =>
    (await readMetric(metrics, 'slipway_runtime_pending_requests{model="loop",version="1"}')) === want;

  test('equal requests at once are one run, and each gets the answer', async () => {
    const before = await count('loop');
    const answers = await Promise.all(Array.from({ length: 12 }, () => client.infer(slow([1, 2]))));
    expect(answers.map(({ y }) => readFloats(y))).toEqual(answers.map(() => [1, 2]));
    expect(await count('loop')).toEqual({ ...before, success: before.success + 12, hits: before.hits + 11, runs: before.runs + 1 });
  }, 60_000);
  test('requests that differ run by themselves', async () => {
    const before = await count('loop');
    const [one, other] = await Promise.all([client.infer(slow([3])), client.infer(slow([4]))]);
    expect([readFloats(one['y']), readFloats(other['y'])]).toEqual([[3], [4]]);
    expect(await count('loop')).toMatchObject({ runs: before.runs + 2 });
  }, 60_000);
  test('the first one, cancelled, takes no other with it', async () => {
    const before = await count('loop');
    const leader = client.begin(slow([5]));
    await until('the first to be under way', isUnderWay(1));
    const followers = Array.from({ length: 4 }, () => client.infer(slow([5])));
    await until('all to be under way', isUnderWay(5));
    const cancelled = expect(leader.answer).rejects.toMatchObject({ code: status.CANCELLED });
    leader.call.cancel();
    await cancelled;
    expect((await Promise.all(followers)).map(({ y }) => readFloats(y))).toEqual([[5], [5], [5], [5]]);
    expect(await count('loop')).toMatchObject({ success: before.success + 4, runs: before.runs + 1 });
  }, 60_000);
  test('when all have gone, who comes next is answered by a run of its own', async () => {
    const gone = [client.begin(slow([6])), client.begin(slow([6]))];
    const cancelled = Promise.all(gone.map(({ answer }) => expect(answer).rejects.toMatchObject({ code: status.CANCELLED })));
    await until('both to be under way', isUnderWay(2));
    for (const { call } of gone) call.cancel();
    await cancelled;
    expect(readFloats((await client.infer(slow([6])))['y'])).toEqual([6]);
  }, 60_000);
});
