/** A Python environment per peer under .slipway/venv, made once per content of its requirements.txt. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { findProtoFolder } from '../../proto/load.js';

const run = promisify(execFile);

/** Path of the environment's python. */
export async function ensurePeerVenv(name: string, requirements: string, say: (text: string) => void): Promise<string> {
  const hash = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const folder = join(dirname(findProtoFolder()), '.slipway', 'venv', `bench-${name}`);
  const stamp = join(folder, `.complete-${hash}`);
  const python = join(folder, 'bin', 'python');
  if (existsSync(stamp)) return python;
  say(`▸ Installing ${name} from its requirements.txt: minutes`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(dirname(folder), { recursive: true });
  try {
    await run('python3', ['-m', 'venv', folder]);
    await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements], { maxBuffer: 2 ** 24 });
  } catch (cause) {
    throw new Error(`"${name}" could not be installed: it needs Python 3.10 to 3.12 with venv, and a package index that answers`, { cause });
  }
  writeFileSync(stamp, '');
  return python;
}

/** "mosec 0.9.8, onnxruntime 1.30.0, Python 3.11.2" */
export async function readVersions(python: string, packages: readonly string[]): Promise<string> {
  const code =
    'import sys, platform; from importlib.metadata import version; print(", ".join([f"{p} {version(p)}" for p in sys.argv[1:]] + ["Python " + platform.python_version()]))';
  const { stdout } = await run(python, ['-c', code, ...packages]);
  return stdout.trim();
}
