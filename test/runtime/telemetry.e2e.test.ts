/** ONNX Runtime's usage data: switched off before its library loads, whoever starts the server and however little they set. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, expect, test } from '@jest/globals';
import { makeDoubleModel } from './tiny-models.js';

const folder = mkdtempSync(join(tmpdir(), 'slipway-telemetry-'));
const model = join(folder, 'double.onnx');
writeFileSync(model, makeDoubleModel(2));
afterAll(() => rmSync(folder, { recursive: true }));

/**
 * Preloaded into the process and each of its threads: notes what the environment is at the moment in which the native library is
 * loaded. The server's threads take no preloads of themselves, and share the environment with the process.
 */
const HOOK = `
const { appendFileSync } = require('node:fs');
const { syncBuiltinESMExports } = require('node:module');
const threads = require('node:worker_threads');
const { Worker, isMainThread } = threads;
if (isMainThread) {
  threads.Worker = class extends Worker {
    constructor(file, options) {
      super(file, { ...options, execArgv: ['--require', __filename] });
    }
  };
  syncBuiltinESMExports();
}
const open = process.dlopen;
process.dlopen = function (module, file, ...rest) {
  if (file.includes('onnxruntime')) appendFileSync(process.env.NOTES, JSON.stringify({ isMainThread, value: process.env.ORT_DISABLE_TELEMETRY }) + '\\n');
  return open.call(this, module, file, ...rest);
};`;

test.each(['dist/cli/main.js', 'dist/runtime/main.js'])(
  '%s serve',
  async (main) => {
    const hook = join(folder, 'hook.cjs');
    const notes = join(folder, `${main.replaceAll('/', '-')}.notes`);
    writeFileSync(hook, HOOK);
    const { ORT_DISABLE_TELEMETRY: _unset, ...env } = process.env;
    const ports = ['--grpc-port', '0', '--rest-port', '0', '--metrics-port', '0'];
    const server = spawn(process.execPath, ['--require', hook, main, 'serve', model, ...ports], { stdio: 'ignore', env: { ...env, NOTES: notes } });
    expect(readFileSync(`/proc/${server.pid}/environ`, 'utf8')).not.toContain('ORT_DISABLE_TELEMETRY');
    try {
      for (let left = 600; left > 0 && !existsSync(notes) && server.exitCode === null; left--)
        await new Promise((resolve) => setTimeout(resolve, 50));
      const lines = readFileSync(notes, 'utf8').trim().split('\n');
      expect(lines.map((line): unknown => JSON.parse(line))).toEqual([{ isMainThread: false, value: '1' }]);
    } finally {
      server.kill('SIGKILL');
      if (server.exitCode === null) await once(server, 'close');
    }
  },
  60_000,
);
