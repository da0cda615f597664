/** Removes programs that were built from older sources. Working copies may share the folder, so "not mine" does not mean "unused". */
import { readdirSync, readlinkSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from './error-code.js';

export interface BuildFolder {
  /** `<module>-<hash>`, or `….<pid>.partial` while it is being built. */
  readonly name: string;
  readonly usedAtMs: number;
}

const KEPT_PER_MODULE = 3;
const KEPT_MS = 24 * 3_600_000;
/** Whoever has just been given a path may be about to start it. A cold build of one module takes minutes. */
const UNTOUCHABLE_MS = 3_600_000;

/** `current` are the folders that the caller uses. */
export function pruneBuilds(root: string, current: readonly string[]): void {
  const folders = readBuilds(root);
  const wanted = new Set(current.map((path) => path.slice(root.length + 1)));
  const doomed = planPrune(folders, wanted, Date.now());
  if (doomed.length === 0) return;
  const running = runningFrom(realpathSync(root));
  for (const name of doomed) if (!running.has(name)) remove(root, name);
}

/** Kept are the current ones and the latest of each module while they were used within a day. Pure. */
export function planPrune(folders: readonly BuildFolder[], current: ReadonlySet<string>, nowMs: number): string[] {
  const latestFirst = folders.filter(({ name }) => !current.has(name)).sort((a, b) => b.usedAtMs - a.usedAtMs);
  const seen = new Map<string, number>();
  return latestFirst.flatMap(({ name, usedAtMs }) => {
    const idleMs = nowMs - usedAtMs;
    const module = name.slice(0, name.lastIndexOf('-'));
    const rank = seen.get(module) ?? 0;
    seen.set(module, rank + 1);
    if (idleMs < UNTOUCHABLE_MS) return [];
    return rank >= KEPT_PER_MODULE || idleMs >= KEPT_MS || name.endsWith('.partial') ? [name] : [];
  });
}

function readBuilds(root: string): BuildFolder[] {
  return readdirSync(root).flatMap((name) => {
    const stat = statSync(join(root, name), { throwIfNoEntry: false }); // another command may prune as well
    return stat?.isDirectory() ? [{ name, usedAtMs: stat.mtimeMs }] : [];
  });
}

/** Names of the folders that some process on the machine was started from. */
function runningFrom(root: string): ReadonlySet<string> {
  const names = readdirSync('/proc').flatMap((pid) => {
    try {
      const program = readlinkSync(`/proc/${pid}/exe`);
      return program.startsWith(`${root}/`) ? [program.slice(root.length + 1).split('/')[0] ?? ''] : [];
    } catch {
      return []; // no process, or one without a program
    }
  });
  return new Set(names);
}

/** Renamed first, so that nobody finds half a folder. */
function remove(root: string, name: string): void {
  const doomed = join(root, `${name.replace(/\.partial$/, '')}.${process.pid}.partial`);
  try {
    renameSync(join(root, name), doomed);
    rmSync(doomed, { recursive: true, force: true });
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error; // another command was quicker
  }
}
