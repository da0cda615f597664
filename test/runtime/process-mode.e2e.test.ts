/** A graph whose values can lead a kernel to end its process: it runs in a child, which may die and comes back. */
import { readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Statusz } from '../../contract/statusz.js';
import { INT64, makeOnnxModel } from '../builders/onnx-model.js';
import { type Answer, floats, InferClient, readFloats } from './infer-client.js';
import { ModelFolder } from './model-folder.js';
import { ServerProcess } from './server-process.js';
import { until } from './until.js';

/** y = the largest of the elements of x that are not 0: NonZero leaves nothing of zeros, and TopK over nothing ends the process. */
const LARGEST = makeOnnxModel({
  nodes: [
    { op: 'NonZero', inputs: ['x'], outputs: ['at'] },
    { op: 'Transpose', inputs: ['at'], outputs: ['places'], attributes: { perm: [1, 0] } },
    { op: 'GatherND', inputs: ['x', 'places'], outputs: ['kept'] },
    { op: 'Unsqueeze', inputs: ['kept', 'one'], outputs: ['rows'] },
    { op: 'TopK', inputs: ['rows', 'k'], outputs: ['y', 'i'], name: 'best', attributes: { axis: 1 } },
  ],
  inputs: [{ name: 'x', shape: ['n'] }],
  outputs: [{ name: 'y', shape: ['m', 1] }],
  initializers: [
    { name: 'one', dims: [1], elemType: INT64, values: [1] },
    { name: 'k', dims: [1], elemType: INT64, values: [1] },
  ],
});

const folder = new ModelFolder();
let server: ServerProcess;
let client: InferClient;
let address: Awaited<ReturnType<ServerProcess['waitUntilReady']>>;

beforeAll(async () => {
  folder.add('largest', LARGEST, 'instance_group [ { count: 1 } ]');
  folder.add(
    'plain',
    makeOnnxModel({
      nodes: [{ op: 'Neg', inputs: ['x'], outputs: ['y'] }],
      inputs: [{ name: 'x', shape: ['n'] }],
      outputs: [{ name: 'y', shape: ['n'] }],
    }),
  );
  server = new ServerProcess([folder.path]);
  address = await server.waitUntilReady();
  client = new InferClient(address.grpc);
}, 60_000);
afterAll(async () => {
  client.close();
  await server.stop();
  folder.remove();
});

const ask = (values: readonly number[], model = 'largest'): Promise<Answer> =>
  client.infer({ model, inputs: [floats('x', [values.length], values)] });
const largest = async (values: readonly number[]): Promise<number[]> => readFloats((await ask(values))['y']);

function childOf(pid: number): number {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim().split(' '),
  );
  const [child, second] = children.filter((one) => one !== '');
  if (child === undefined || second !== undefined) throw new Error(`The server has the children ${children.join(' ')}, want one`);
  return Number(child);
}

/** The request that meets the death, or the wait for the next start, gets UNAVAILABLE; soon one is answered. */
async function expectToComeBack(): Promise<void> {
  await until('the model to answer again', () =>
    largest([0, 4, 2]).then(
      (values) => values.length > 0,
      (error: unknown) => {
        expect(error).toMatchObject({
          code: status.UNAVAILABLE,
          details: expect.stringMatching(/(^The session that ran the request is lost: |they start again)/),
        });
        return false;
      },
    ),
  );
}

describe('a model that can end its process', () => {
  test('is served from a child, and log and /statusz say why', async () => {
    expect(await largest([0, 4, 2])).toEqual([4, 2]);
    expect(childOf(server.pid)).toBeGreaterThan(1);
    expect(server.logs).toContainEqual(
      expect.objectContaining({
        message: 'Noted at load',
        model: 'largest',
        note: expect.stringMatching(/^it runs in a process of its own: NonZero may leave nothing to TopK \(node "best"\), which can end a process/),
      }),
    );
    const { models } = (await (await fetch(`${address.metrics}/statusz`)).json()) as Statusz;
    expect(models.map(({ name, serving }) => [name, serving?.mode, serving?.modeWhy])).toEqual([
      ['largest', 'process', expect.stringMatching(/^NonZero may leave nothing to TopK \(node "best"\)/)],
      ['plain', 'inline', undefined],
    ]);
  });
  test('a child that is killed costs UNAVAILABLE, is started again, and the next request is answered', async () => {
    const killed = childOf(server.pid);
    process.kill(killed, 'SIGKILL');
    await expect(ask([1])).rejects.toMatchObject({ code: status.UNAVAILABLE });
    await expectToComeBack();
    expect(childOf(server.pid)).not.toBe(killed);
    expect(server.logs).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        message: 'Lost session',
        model: 'largest',
        reason: expect.stringContaining('SIGKILL'),
        restartMs: 200,
      }),
    );
    expect(server.logs).toContainEqual(expect.objectContaining({ message: 'Restarted session', model: 'largest' }));
  }, 60_000);
  test('so does a request that ends it by its values; other models and the server serve on', async () => {
    await expect(ask([0, 0])).rejects.toMatchObject({ code: status.UNAVAILABLE, details: expect.stringContaining('SIGFPE') });
    expect(readFloats((await ask([1, -2], 'plain'))['y'])).toEqual([-1, 2]);
    await expectToComeBack();
  }, 60_000);
  test('the child ends with the server', async () => {
    const child = childOf(server.pid);
    server.signal('SIGTERM');
    expect(await server.exitCode).toBe(0);
    expect(() => process.kill(child, 0)).toThrow('ESRCH');
  }, 60_000);
});
