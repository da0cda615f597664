/** Python environments for the tests' foreign clients, each made once per content of its requirements under .slipway/venv/. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { findProtoFolder } from '../../proto/load.js';

const run = promisify(execFile);

/** Folder of the Python sources: they are not compiled, so they stay in the source tree. */
export const PYTHON_SOURCES = join(dirname(findProtoFolder()), 'test', 'runtime');

/** Where what the tests install is kept. */
export const STATE_FOLDER = join(dirname(findProtoFolder()), '.slipway');

/**
 * Path of the environment's python. `folder` (relative to test/runtime) holds its requirements.txt, and optionally a
 * requirements-no-deps.txt of packages whose dependencies are not wanted. Rejects with the fix when this machine cannot make one.
 */
export async function ensurePythonVenv(folder = ''): Promise<string> {
  const files = ['requirements.txt', 'requirements-no-deps.txt'].map((name) => join(PYTHON_SOURCES, folder, name)).filter((path) => existsSync(path));
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file));
  const venv = join(STATE_FOLDER, 'venv', hash.digest('hex').slice(0, 12));
  const done = join(venv, '.complete');
  const python = join(venv, 'bin', 'python');
  if (existsSync(done)) return python;
  rmSync(venv, { recursive: true, force: true });
  mkdirSync(dirname(venv), { recursive: true });
  await attempt('python3', ['-m', 'venv', venv], 'install Python 3 with venv (Debian: apt-get install python3-venv)');
  for (const file of files) {
    const flags = file.endsWith('no-deps.txt') ? ['--no-deps'] : [];
    const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...flags, '-r', file];
    await attempt(python, install, 'make a Python package index reachable');
  }
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
