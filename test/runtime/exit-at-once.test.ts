/** The end of a process whose thread is inside ONNX Runtime: process.exit would wait for it for ever. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, expect, test } from '@jest/globals';
import { makeLoopModel } from './tiny-models.js';

const folder = mkdtempSync(join(tmpdir(), 'slipway-exit-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('the exit code is ours, and nothing waits', async () => {
  const model = join(folder, 'loop.onnx');
  writeFileSync(model, makeLoopModel());
  const modules = ['backend/onnx-backend.js', 'exit-at-once.js'].map((path) => new URL(`../../runtime/${path}`, import.meta.url).href);
  const script = `
    const { OnnxBackend } = await import(${JSON.stringify(modules[0])});
    const { exitAtOnce } = await import(${JSON.stringify(modules[1])});
    const backend = new OnnxBackend();
    const float = (name, data) => ({ name, datatype: 'FP32', shape: [1], data });
    const trips = { name: 'trips', datatype: 'INT64', shape: [], data: new Uint8Array(BigInt64Array.of(2n ** 40n).buffer) };
    const session = await backend.load(process.argv[1], { threads: 1, hangSeconds: 0.2 }, () => undefined);
    const error = await session.run({ parts: [{ inputs: [trips, float('x', new Uint8Array(4))], rows: 1 }], outputs: ['y'] }).catch((e) => e);
    console.log(error.code, backend.hungThreads);
    exitAtOnce(21);`;
  const { code, stdout } = await new Promise<{ code: unknown; stdout: string }>((resolve) =>
    execFile(process.execPath, ['--input-type=module', '-e', script, model], { timeout: 8000 }, (error, output) =>
      resolve({ code: error?.code ?? error?.signal, stdout: output }),
    ),
  );
  expect({ code, stdout }).toEqual({ code: 21, stdout: 'UNAVAILABLE 1\n' });
});
