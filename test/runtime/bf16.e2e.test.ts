/** BF16 at the edges made FP32: ONNX Runtime here must answer what Python's, which takes BF16 as it is, answers on the model as it was. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { OnnxBackend } from '../../runtime/backend/onnx-backend.js';
import type { Session } from '../../runtime/dataplane/ports.js';
import { widenBf16 } from '../../runtime/onnx/edit/widen-bf16.js';
import { ensurePythonVenv, PYTHON_SOURCES } from './python-venv.js';

interface Case {
  readonly name: string;
  readonly path: string;
  readonly shape: readonly number[];
  /** Little-endian FP32 in base64: what is sent, and what comes back. */
  readonly x: string;
  readonly y: string;
}

const folder = mkdtempSync(join(tmpdir(), 'slipway-bf16-'));
const backend = new OnnxBackend();
const open: Session[] = [];
let cases: ReadonlyMap<string, Case>;

beforeAll(async () => {
  const python = await ensurePythonVenv('models');
  const { stdout } = await promisify(execFile)(python, [join(PYTHON_SOURCES, 'bf16_reference.py'), folder], { maxBuffer: 16 * 1024 * 1024 });
  const list: readonly Case[] = JSON.parse(stdout);
  cases = new Map(list.map((one) => [one.name, one]));
}, 900_000);
afterEach(async () => {
  await Promise.all(open.splice(0).map((session) => session.close()));
});
afterAll(() => rmSync(folder, { recursive: true }));

function find(name: string): Case {
  const found = cases.get(name);
  if (found === undefined) throw new Error(`bf16_reference.py has no case "${name}"`);
  return found;
}

async function load({ path }: Case): Promise<Session> {
  const { bytes } = widenBf16(readFileSync(path));
  const session = await backend.load(path, { threads: 1, bytes }, () => undefined);
  open.push(session);
  return session;
}

function toFloats(bytes: Uint8Array): number[] {
  return [...new Float32Array(Uint8Array.from(bytes).buffer)];
}

/** Distance in units of the last of BF16's 8 significant bits; 0 for equal numbers, NaN beside NaN included. */
function distance(got: number, want: number): number {
  if (Object.is(got, want) || got === want) return 0;
  const unit = 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(want)))) - 7);
  const steps = Math.abs(got - want) / unit;
  return Number.isNaN(steps) ? Number.POSITIVE_INFINITY : steps;
}

describe('BF16 made FP32 at the edges', () => {
  test.each([
    { name: 'moves', limit: 0 },
    { name: 'subgraph', limit: 0 },
    { name: 'output read inside', limit: 0 },
    { name: 'exp', limit: 1 },
    { name: 'product', limit: 1 },
  ])('$name: as onnxruntime for Python, to $limit of the last bit', async ({ name, limit }) => {
    const one = find(name);
    const session = await load(one);
    expect(session.signature.inputs).toMatchObject([{ name: 'x', datatype: 'FP32', shape: [-1, 4] }]);
    const x = { name: 'x', datatype: 'FP32', shape: one.shape, data: new Uint8Array(Buffer.from(one.x, 'base64')) } as const;
    const { outputs } = await session.run({ parts: [{ inputs: [x], rows: one.shape[0] ?? 0 }], outputs: ['y'] });
    expect(outputs[0]).toMatchObject({ name: 'y', datatype: 'FP32', shape: one.shape });
    const got = toFloats(outputs[0]?.data ?? new Uint8Array());
    const want = toFloats(Buffer.from(one.y, 'base64'));
    const far = want.flatMap((value, index) => (distance(got[index] ?? Number.NaN, value) > limit ? [{ index, want: value, got: got[index] }] : []));
    expect(far.slice(0, 5)).toEqual([]);
    expect(got.length).toBe(want.length);
  });

  test('an operator that ONNX Runtime has no BF16 kernel for is named', async () => {
    await expect(load(find('refused'))).rejects.toMatchObject({ code: 'OP_UNSUPPORTED', message: expect.stringContaining('MatMul(13)') });
  });
});
