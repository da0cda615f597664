/** What is remembered about a cluster between commands: its slot. */
import { existsSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeCgroups } from './cgroups.js';
import { clusterStateDir, type Layout, layoutOf, MAX_SLOT } from './layout.js';
import { claimSlot, findSlot } from './slots.js';

const ROOT = realpathSync('.');

/** Undefined when there is no such cluster in this working copy. One whose state was removed by hand is found by its link. */
export function findLayout(name: string): Layout | undefined {
  const slot = readSlot(name) ?? findSlot(clusterStateDir(ROOT, name));
  return slot === undefined ? undefined : layoutOf(ROOT, name, slot);
}

/** Finds the cluster's place, or takes one; the same slot as before unless somebody else has it by now. */
export async function ensureLayout(name: string): Promise<Layout> {
  const known = readSlot(name);
  if (known === undefined) await removeRemains(name);
  const slot = await claimSlot(stateDirOf(name), known);
  if (slot !== known) writeSlot(name, slot);
  return layoutOf(ROOT, name, slot);
}

export function stateDirOf(name: string): string {
  return clusterStateDir(ROOT, name);
}

/** Without a record the rest of the state is worth nothing: a `down` was interrupted, or somebody removed files by hand. */
async function removeRemains(name: string): Promise<void> {
  const slot = findSlot(stateDirOf(name));
  if (slot !== undefined) await removeCgroups(layoutOf(ROOT, name, slot));
  rmSync(stateDirOf(name), { recursive: true, force: true, maxRetries: 5 });
}

function readSlot(name: string): number | undefined {
  const file = recordFile(name);
  if (!existsSync(file)) return undefined;
  const record: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const slot = typeof record === 'object' && record !== null && 'slot' in record ? record.slot : undefined;
  if (typeof slot === 'number' && Number.isInteger(slot) && slot >= 1 && slot <= MAX_SLOT) return slot;
  throw new Error(`"${file}" does not name a slot from 1 to ${MAX_SLOT}: remove the file and try again`);
}

function writeSlot(name: string, slot: number): void {
  const file = recordFile(name);
  writeFileSync(`${file}.new`, `${JSON.stringify({ slot })}\n`);
  renameSync(`${file}.new`, file);
}

function recordFile(name: string): string {
  return join(stateDirOf(name), 'cluster.json');
}
