/** A Python environment for the tests' foreign clients, made once per content of requirements.txt under .slipway/venv/. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { findProtoFolder } from '../../proto/load.js';

const run = promisify(execFile);

/** Folder of the Python sources: they are not compiled, so they stay in the source tree. */
export const PYTHON_SOURCES = join(dirname(findProtoFolder()), 'test', 'runtime');

/** Path of the environment's python. Rejects with the fix when this machine cannot make one. */
export async function ensurePythonVenv(): Promise<string> {
  const requirements = join(PYTHON_SOURCES, 'requirements.txt');
  const hash = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const folder = join(dirname(findProtoFolder()), '.slipway', 'venv', hash);
  const done = join(folder, '.complete');
  const python = join(folder, 'bin', 'python');
  if (existsSync(done)) return python;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(dirname(folder), { recursive: true });
  await attempt('python3', ['-m', 'venv', folder], 'install Python 3 with venv (Debian: apt-get install python3-venv)');
  await attempt(
    python,
    ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements],
    'make a Python package index reachable',
  );
  writeFileSync(`${done}.new`, '');
  renameSync(`${done}.new`, done);
  return python;
}

async function attempt(command: string, args: readonly string[], fix: string): Promise<void> {
  try {
    await run(command, [...args], { maxBuffer: 16 * 1024 * 1024 });
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`The runtime's tests need a Python environment, and "${command} ${args.join(' ')}" did not work: ${fix}. It said: ${words}`, {
      cause,
    });
  }
}
