/** What is remembered about a cluster between commands: its slot and how many GPUs it has. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { clusterStateDir, type Layout, layoutOf } from './layout.js';
import { slotOwners, takeSlot } from './network.js';

const ROOT = resolve('.');

/** Undefined when there is no such cluster in this working copy. */
export function findLayout(name: string): Layout | undefined {
  const file = recordFile(name);
  if (!existsSync(file)) return undefined;
  const record: { slot: number } = JSON.parse(readFileSync(file, 'utf8'));
  return layoutOf(ROOT, name, record.slot);
}

/** Finds the cluster's place, or takes one. A link that a killed command left behind is taken back. */
export async function ensureLayout(name: string): Promise<Layout> {
  const known = findLayout(name);
  if (known !== undefined) return known;
  const stateDir = clusterStateDir(ROOT, name);
  const owners = await slotOwners();
  const taken = [...owners].find(([, owner]) => owner === stateDir)?.[0];
  const namespace = `/run/netns/slipway-${name}`;
  if (taken === undefined && existsSync(namespace)) throw new Error(namesakeProblem(name, namespace));
  const slot = taken ?? (await takeSlot(ROOT, name));
  mkdirSync(stateDir, { recursive: true });
  writeFileSync(recordFile(name), `${JSON.stringify({ slot })}\n`);
  return layoutOf(ROOT, name, slot);
}

function namesakeProblem(name: string, namespace: string): string {
  return `--name "${name}": a cluster of that name runs from another working copy (${namespace} exists): choose another name, or take that one down`;
}

function recordFile(name: string): string {
  return join(clusterStateDir(ROOT, name), 'cluster.json');
}
