/**
 * `slipway …` as a process in a mount namespace of its own: /dev has a termination log as in a pod, a folder can be given a
 * small disk, and nothing of it is left when the process ends.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseTermination, type Termination } from '../../contract/termination.js';

export interface SlipwayOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Which composition root: the runtime image's entry point, or the command for people. */
  readonly main?: 'runtime' | 'cli';
  /** A folder that gets a disk of so many bytes. */
  readonly disk?: { readonly folder: string; readonly bytes: number };
  /** In a network namespace that has loopback alone. */
  readonly isOffline?: boolean;
  /** Called with the process and each line of its stdout. */
  readonly onLine?: (line: string, child: ChildProcess) => void;
}

export interface SlipwayEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Lines of stdout that are JSON, as `slipway` logs. */
  readonly logs: readonly Readonly<Record<string, unknown>>[];
  /** What the kubelet would read. */
  readonly termination: Termination | undefined;
  readonly peakBytes: number;
  /** Attempts to send something where no route leads; telling only with `isOffline`. */
  readonly unroutable: number;
}

const DIST = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** $1 is the work folder, $2 and $3 the small disk, $4 whether the network is empty; the rest is the command. */
const SCRIPT = `set -e
mount -t tmpfs -o mode=755 tmpfs "$1/dev"
for device in null zero random urandom; do : > "$1/dev/$device"; mount --bind "/dev/$device" "$1/dev/$device"; done
: > "$1/dev/termination-log"; mount --bind "$1/termination" "$1/dev/termination-log"
mount --rbind "$1/dev" /dev
if [ "$4" = true ]; then ip link set lo up; fi
if [ -n "$2" ]; then mount -t tmpfs -o "size=$3" tmpfs "$2"; fi
shift 4
exec "$@"`;

export async function runSlipway(args: readonly string[], options: SlipwayOptions = {}): Promise<SlipwayEnd> {
  const work = mkdtempSync(join(tmpdir(), 'slipway-process-'));
  mkdirSync(join(work, 'dev'));
  writeFileSync(join(work, 'termination'), '');
  try {
    const ended = await run(work, args, options);
    return {
      ...ended,
      logs: ended.stdout.split('\n').flatMap(parseLog),
      termination: parseTermination(readFileSync(join(work, 'termination'), 'utf8')),
      ...readReport(join(work, 'report')),
    };
  } finally {
    rmSync(work, { recursive: true });
  }
}

function run(work: string, args: readonly string[], options: SlipwayOptions): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { disk, main = 'runtime', env, isOffline = false } = options;
  const node = [process.execPath, '--import', join(DIST, 'test', 'source', 'report-process.js'), join(DIST, main, 'main.js')];
  const shell = ['sh', '-c', SCRIPT, 'sh', work, disk?.folder ?? '', String(disk?.bytes ?? 0), String(isOffline), ...node, ...args];
  const user = process.getuid?.() === 0 ? [] : ['--map-root-user'];
  const child = spawn('unshare', ['--mount', ...(isOffline ? ['--net'] : []), ...user, ...shell], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: work, SLIPWAY_TEST_REPORT: join(work, 'report'), ...env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    for (const line of chunk.toString().split('\n')) if (line !== '') options.onLine?.(line, child);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

function readReport(path: string): { peakBytes: number; unroutable: number } {
  const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (typeof value !== 'object' || value === null || !('peakBytes' in value) || !('unroutable' in value)) throw new Error(`"${path}" is no report`);
  return { peakBytes: Number(value.peakBytes), unroutable: Number(value.unroutable) };
}

function parseLog(line: string): Record<string, unknown>[] {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? [Object.fromEntries(Object.entries(value))] : [];
  } catch {
    return [];
  }
}
