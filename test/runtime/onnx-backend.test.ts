/** The backend over ONNX Runtime itself, in each of its three modes: answers, lifetimes, hangs and crashes. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { OnnxBackend } from '../../runtime/backend/onnx-backend.js';
import { joinBytesElements } from '../../runtime/core/bytes-elements.js';
import type { Tensor } from '../../runtime/core/tensor.js';
import type { LoadOptions, RunBatch, Session, SessionMode } from '../../runtime/dataplane/ports.js';
import { promoteOptionalInputs } from '../../runtime/onnx/edit/promote-optional-inputs.js';
import { makeDoubleModel, makeIdentityModel, makeLoopModel, makeOptionalModel } from './tiny-models.js';

const MODES: readonly SessionMode[] = ['thread', 'inline', 'process'];
const folder = mkdtempSync(join(tmpdir(), 'slipway-backend-'));
const backend = new OnnxBackend();
const open: Session[] = [];

function save(name: string, model: Uint8Array): string {
  const path = join(folder, `${name}.onnx`);
  writeFileSync(path, model);
  return path;
}

async function load(path: string, options: Partial<LoadOptions> = {}, onCrash: (error: Error) => void = () => undefined): Promise<Session> {
  const session = await backend.load(path, { threads: 1, ...options }, onCrash);
  open.push(session);
  return session;
}

function floats(name: string, shape: readonly number[], values: readonly number[]): Tensor {
  return { name, datatype: 'FP32', shape, data: new Uint8Array(Float32Array.from(values).buffer) };
}

function toFloats(tensor: Tensor | undefined): number[] {
  return [...new Float32Array(Uint8Array.from(tensor?.data ?? []).buffer)];
}

function loop(trips: number): RunBatch {
  const count: Tensor = { name: 'trips', datatype: 'INT64', shape: [], data: new Uint8Array(BigInt64Array.of(BigInt(trips)).buffer) };
  return { parts: [{ inputs: [count, floats('x', [1], [5])], rows: 1 }], outputs: ['y'] };
}

let double = '';
let looping = '';
beforeAll(() => {
  double = save('double', makeDoubleModel(2));
  looping = save('loop', makeLoopModel());
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((session) => session.close()));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(MODES)('%s', (mode) => {
  test('parts of a batch, laid one after another; the outputs asked for, in that order', async () => {
    const session = await load(double, { mode });
    const parts = [
      { inputs: [floats('x', [1, 2], [1, 2])], rows: 1 },
      { inputs: [floats('x', [2, 2], [3, 4, 5, 6])], rows: 2 },
    ];
    const { outputs } = await session.run({ parts, layout: { axes: [0], shapes: [[3, 2]] }, outputs: ['z', 'y'] });
    expect(outputs.map(({ name, datatype, shape }) => ({ name, datatype, shape }))).toEqual([
      { name: 'z', datatype: 'FP32', shape: [3, 2] },
      { name: 'y', datatype: 'FP32', shape: [3, 2] },
    ]);
    expect(outputs.map(toFloats)).toEqual([
      [1, 2, 3, 4, 5, 6],
      [2, 4, 6, 8, 10, 12],
    ]);
  });

  test('outputs stay as they are while later batches run and when inputs are overwritten, also one that is an input', async () => {
    const session = await load(double, { mode });
    const input = floats('x', [1, 2], [1, 2]);
    const first = await session.run({ parts: [{ inputs: [input], rows: 1 }], outputs: ['y', 'z'] });
    input.data.fill(255); // its memory belongs to another request by now
    for (let value = 10; value < 20; value++)
      await session.run({ parts: [{ inputs: [floats('x', [1, 2], [value, value])], rows: 1 }], outputs: ['y', 'z'] });
    expect(first.outputs.map(toFloats)).toEqual([
      [2, 4],
      [1, 2],
    ]);
  });

  test('zero rows, an odd offset, a shape that the bytes contradict', async () => {
    const session = await load(double, { mode });
    const empty = await session.run({ parts: [{ inputs: [floats('x', [0, 2], [])], rows: 0 }], outputs: ['y'] });
    expect(empty.outputs).toMatchObject([{ shape: [0, 2] }]);
    const moved = new Uint8Array(9);
    moved.set(new Uint8Array(Float32Array.of(3, 4).buffer), 1);
    const odd: Tensor = { name: 'x', datatype: 'FP32', shape: [1, 2], data: moved.subarray(1) };
    expect(toFloats((await session.run({ parts: [{ inputs: [odd], rows: 1 }], outputs: ['y'] })).outputs[0])).toEqual([6, 8]);
    const short = session.run({ parts: [{ inputs: [{ ...odd, shape: [2, 2] }], rows: 2 }], outputs: ['y'] });
    await expect(short).rejects.toThrow(/'x' has 8 bytes, but FP32 \[2,2\] takes 16/);
  });

  test('FP16, BYTES and scalars keep their bits; an input with a default may be left out', async () => {
    const half = await load(save('fp16', makeIdentityModel('FP16', ['n'])), { mode });
    const bits = Uint8Array.of(0x00, 0x7e, 0xff, 0xfb, 0x01, 0x00); // NaN, -65504, the smallest
    const x: Tensor = { name: 'x', datatype: 'FP16', shape: [3], data: bits };
    expect([...((await half.run({ parts: [{ inputs: [x], rows: 1 }], outputs: ['y'] })).outputs[0]?.data ?? [])]).toEqual([...bits]);
    const words = await load(save('bytes', makeIdentityModel('BYTES', ['n'])), { mode });
    const data = joinBytesElements(['', 'é', 'ab'].map((text) => Buffer.from(text)));
    const texts: Tensor = { name: 'x', datatype: 'BYTES', shape: [3], data };
    expect([...((await words.run({ parts: [{ inputs: [texts], rows: 1 }], outputs: ['y'] })).outputs[0]?.data ?? [])]).toEqual([...data]);
    const scalar = await load(save('scalar', makeIdentityModel('FP32', [])), { mode });
    expect((await scalar.run({ parts: [{ inputs: [floats('x', [], [3])], rows: 1 }], outputs: ['y'] })).outputs).toMatchObject([{ shape: [] }]);
    const optional = await load(save('optional', makeOptionalModel()), { mode });
    expect(optional.signature.inputs.map((input) => input.name)).toEqual(['x']);
    const plus = await optional.run({ parts: [{ inputs: [floats('x', [2], [1, 2])], rows: 1 }], outputs: ['y'] });
    expect(toFloats(plus.outputs[0])).toEqual([8, 9]);
  });

  test('an input with a default can be sent once its initializer is out of the graph', async () => {
    const { bytes, defaults } = promoteOptionalInputs(makeOptionalModel());
    const session = await load(join(folder, 'absent.onnx'), { mode, bytes });
    expect(session.signature.inputs.map((input) => input.name)).toEqual(['x', 'k']);
    const [x, sent] = [floats('x', [2], [1, 2]), floats('k', [1], [5])];
    const answer = async (k: Tensor) => toFloats((await session.run({ parts: [{ inputs: [x, k], rows: 1 }], outputs: ['y'] })).outputs[0]);
    expect(await Promise.all(defaults.map(answer))).toEqual([[8, 9]]);
    expect(await answer(sent)).toEqual([6, 7]);
  });

  test('bytes take the place of the file', async () => {
    const session = await load(join(folder, 'absent.onnx'), { mode, bytes: makeDoubleModel(1) });
    const { outputs } = await session.run({ parts: [{ inputs: [floats('x', [1, 1], [4])], rows: 1 }], outputs: ['y'] });
    expect(toFloats(outputs[0])).toEqual([8]);
  });

  test('refusals name what is wrong, and leave nothing behind', async () => {
    await expect(load(save('bf16', makeIdentityModel('BF16', ['n'])), { mode })).rejects.toThrow(/"x" has datatype BF16/);
    await expect(load(save('junk', new Uint8Array(9)), { mode })).rejects.toMatchObject({ code: 'MODEL_INVALID' });
  });

  test('a failing run rejects, and the next one works', async () => {
    const session = await load(double, { mode });
    await expect(session.run({ parts: [{ inputs: [floats('x', [1, 3], [1, 2, 3])], rows: 1 }], outputs: ['y'] })).rejects.toThrow(/dimension/i);
    const good = await session.run({ parts: [{ inputs: [floats('x', [1, 2], [1, 2])], rows: 1 }], outputs: ['y'] });
    expect(toFloats(good.outputs[0])).toEqual([2, 4]);
  });

  test('a closed session refuses', async () => {
    const session = await load(double, { mode });
    await session.close();
    await expect(session.run(loop(1))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});

describe.each<SessionMode>(['thread', 'process'])('%s', (mode) => {
  test('two batches are under way at once, a third is refused, close waits for both', async () => {
    const session = await load(looping, { mode });
    const first = session.run(loop(200_000));
    const second = session.run(loop(1));
    await expect(session.run(loop(1))).rejects.toThrow(/takes 2 batches/);
    const order: string[] = [];
    await Promise.all([
      first.then(() => order.push('first')),
      second.then(() => order.push('second')),
      session.close().then(() => order.push('closed')),
    ]);
    expect(order).toEqual(['first', 'second', 'closed']);
  });

  test('random batches of two in flight never mix their rows', async () => {
    const session = await load(double, { mode });
    const batches = fc.array(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(batches, async (all) => {
        let seed = 0;
        const running: Promise<void>[] = [];
        for (const rows of all) {
          if (running.length >= 2) await running.shift();
          const parts = rows.map((count) => ({
            inputs: [
              floats(
                'x',
                [count, 2],
                Array.from({ length: count * 2 }, () => seed++),
              ),
            ],
            rows: count,
          }));
          const want = parts.flatMap((part) => toFloats(part.inputs[0])).map((value) => value * 2);
          const total = rows.reduce((sum, count) => sum + count, 0);
          const run = session.run({ parts, layout: { axes: [0], shapes: [[total, 2]] }, outputs: ['y'] });
          running.push(run.then(({ outputs }) => expect(toFloats(outputs[0])).toEqual(want)));
        }
        await Promise.all(running);
      }),
      { seed: 4, numRuns: 40 },
    );
  });
});

test('process: a killed session costs its requests, and comes back by itself', async () => {
  const crashes: Error[] = [];
  const session = await load(looping, { mode: 'process' }, (error) => crashes.push(error));
  const child = findChild();
  const victim = session.run(loop(1_000_000_000));
  setTimeout(() => process.kill(child, 'SIGSEGV'), 100);
  await expect(victim).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringMatching(/SIGSEGV/) });
  await expect(session.run(loop(1))).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringMatching(/starts again/) });
  await expect(retry(() => session.run(loop(1)))).resolves.toMatchObject({ outputs: [{ name: 'y' }] });
  expect(findChild()).not.toBe(child);
  expect(crashes).toEqual([]);
});

test('process: a hanging session is killed and comes back', async () => {
  const session = await load(looping, { mode: 'process', hangSeconds: 0.5 });
  await expect(session.run(loop(1_000_000_000))).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringMatching(/no progress/) });
  await expect(retry(() => session.run(loop(1)))).resolves.toMatchObject({ outputs: [{ name: 'y' }] });
});

test('thread: a hanging session is given up, its requests told, the process told, and nothing is cut off', async () => {
  const crashes: Error[] = [];
  const before = backend.hungThreads;
  const session = await load(looping, { hangSeconds: 0.2 }, (error) => crashes.push(error));
  const runs = [session.run(loop(1_000_000)), session.run(loop(1))];
  for (const run of runs) await expect(run).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringMatching(/no progress for 0\.\d s/) });
  expect(crashes).toHaveLength(1);
  expect(backend.hungThreads).toBe(before + 1);
  await expect(session.run(loop(1))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await session.close(); // at once
  for (let left = 600; left > 0 && backend.hungThreads > before; left--) await sleep(50); // the run ends after all, and with it the thread
  expect(backend.hungThreads).toBe(before);
});

test('telemetry is off in this process and in the process of a session, before the library loads', async () => {
  expect(process.env['ORT_DISABLE_TELEMETRY']).toBe('1');
  await load(double, { mode: 'process' });
  expect(readFileSync(`/proc/${findChild()}/environ`, 'utf8').split('\0')).toContain('ORT_DISABLE_TELEMETRY=1');
});

/** The one child of this process that runs a session. */
function findChild(): number {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const parent = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
        return Number(parent) === process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('onnx-process');
      } catch {
        return false; // ended meanwhile
      }
    });
  expect(children).toHaveLength(1);
  return Number(children[0]);
}

async function retry<Result>(attempt: () => Promise<Result>): Promise<Result> {
  for (let left = 50; left > 0; left--) {
    const result = await attempt().catch(() => undefined);
    if (result !== undefined) return result;
    await sleep(100);
  }
  return await attempt();
}
