/** `cluster:down`: everything that the cluster is or was goes away, also after a crash or an interrupted `up` or `down`. */
import { existsSync, rmSync } from 'node:fs';
import type { Note } from './binaries.js';
import { removeCgroups } from './cgroups.js';
import { nameProblem, secondNodeOf } from './layout.js';
import { withLock } from './lock.js';
import { removeNetwork, removeSecondNetwork } from './network.js';
import { requireRoot } from './packages.js';
import { findLayout, stateDirOf } from './record.js';
import { mayUseSlot } from './slots.js';

/** Resolves with false when there was no such cluster. */
export async function downCluster(name: string, note: Note): Promise<boolean> {
  const problem = nameProblem(name);
  if (problem !== undefined) throw new Error(problem);
  requireRoot();
  const stateDir = stateDirOf(name);
  return withLock(stateDir, note, async () => {
    const layout = findLayout(name);
    if (layout === undefined && !existsSync(stateDir)) return false;
    // Processes first: the mount namespace, with all its mounts, goes with the last of them
    if (layout !== undefined && mayUseSlot(layout)) {
      await removeCgroups(layout); // the second node's are below the first one's
      await removeSecondNetwork(secondNodeOf(layout));
      await removeNetwork(layout);
    }
    rmSync(stateDir, { recursive: true, force: true, maxRetries: 5 });
    return true;
  });
}
