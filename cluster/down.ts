/** `cluster:down`: everything that the cluster is or was goes away, also after a crash or an interrupted `up`. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Note } from './binaries.js';
import { removeCgroups } from './cgroups.js';
import type { Layout } from './layout.js';
import { withLock } from './lock.js';
import { removeNetwork } from './network.js';
import { findLayout } from './record.js';

/** Resolves with false when there was no such cluster. */
export async function downCluster(name: string, note: Note): Promise<boolean> {
  return withLock(join('.slipway', 'locks', `${name}.lock`), note, async () => {
    const layout = findLayout(name);
    if (layout === undefined) return false;
    await remove(layout);
    return true;
  });
}

/** Processes first: the mount namespace, with all its mounts, goes with the last of them. */
async function remove(layout: Layout): Promise<void> {
  await removeCgroups(layout);
  await removeNetwork(layout);
  rmSync(layout.stateDir, { recursive: true, force: true, maxRetries: 5 });
}
