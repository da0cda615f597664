/** What the kernel says about a process and everything it started: CPU time and memory. Linux only. */
import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks of /proc are 10 ms on every Linux that Node runs on (USER_HZ is part of the ABI). */
const TICKS_PER_SECOND = 100;

interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
}

/** `pid` and all its descendants that live. */
export function listTree(pid: number): number[] {
  return collectTree(pid, readRows());
}

/** Pure. */
export function collectTree(root: number, rows: readonly ProcessRow[]): number[] {
  const tree = [root];
  for (const pid of tree) for (const row of rows) if (row.parent === pid && !tree.includes(row.pid)) tree.push(row.pid);
  return tree;
}

/** Seconds of CPU, user and system, of the tree, with those of children that ended. */
export function readTreeCpuSeconds(pid: number): number {
  return listTree(pid).reduce((sum, one) => sum + readStat(one, [14, 15, 16, 17]), 0);
}

/** Seconds of CPU of this process's children that ended: what a client that just ended has used. */
export function readEndedChildrenCpuSeconds(): number {
  return readStat(process.pid, [16, 17]);
}

/** Resident bytes of the tree. Pages that its processes share count in each of them. */
export function readTreeRssBytes(pid: number): number {
  return listTree(pid).reduce((sum, one) => sum + readRssBytes(one), 0);
}

/** Resident bytes of one process; cheap enough for ten looks a second. */
export function readRssBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readText(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;
}

/** Seconds of CPU, user and system, of one process. */
export function readCpuSeconds(pid: number): number {
  return readStat(pid, [14, 15]);
}

/** Sum of the fields, counted from 1 as proc(5) does, of /proc/<pid>/stat. The name in field 2 may hold spaces. */
export function parseStat(text: string, fields: readonly number[]): number {
  const afterName = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields.reduce((sum, field) => sum + Number(afterName[field - 3] ?? 0), 0);
}

function readStat(pid: number, fields: readonly number[]): number {
  return parseStat(readText(`/proc/${pid}/stat`), fields) / TICKS_PER_SECOND;
}

function readRows(): ProcessRow[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), parent: parseStat(readText(`/proc/${name}/stat`), [4]) }));
}

/** Empty for a process that has just ended. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
