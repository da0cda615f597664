/** Runs the Python clients of other projects against a server of ours. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PYTHON_SOURCES } from './python-venv.js';

export async function runForeignClient<Result>(
  python: string,
  command: string,
  address: string,
  script = 'foreign/answers_grpc.py',
): Promise<Result> {
  const { stdout } = await promisify(execFile)(python, [join(PYTHON_SOURCES, script), command, address], {
    maxBuffer: 16 * 1024 * 1024,
  });
  return JSON.parse(stdout) as Result;
}

/** Writes the test models into a folder. */
export async function makeModels(python: string, folder: string): Promise<void> {
  await runPython(python, ['make_models.py', folder]);
}

/** Runs a script of test/runtime to its end; rejects with its words when it fails. */
export async function runPython(python: string, [script = '', ...args]: readonly string[]): Promise<void> {
  await promisify(execFile)(python, [join(PYTHON_SOURCES, script), ...args], { maxBuffer: 16 * 1024 * 1024 });
}
