/** The image that holds each pod's namespaces open, pushed to the cluster's own registry: nothing comes from outside. */
import { mkdtempSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { exec } from '../hack/exec.js';
import type { Binaries } from './binaries.js';
import { type Layout, REGISTRY_NAME, REGISTRY_PORT } from './layout.js';
import { execAnyMortal, execMortal } from './mortal.js';
import { accepts } from './wait-ready.js';

/** As the node names it. The tag is the hash of the program's sources. */
export function pauseImage(binaries: Pick<Binaries, 'pause'>): string {
  return `${REGISTRY_NAME}:${REGISTRY_PORT}/${pathOf(binaries)}`;
}

function pathOf(binaries: Pick<Binaries, 'pause'>): string {
  return `slipway/pause:${basename(dirname(binaries.pause)).replace(/^nodebox-/, '')}`;
}

export async function ensurePauseImage(layout: Layout, binaries: Binaries): Promise<void> {
  const registry = `${layout.nodeAddress}:${REGISTRY_PORT}`;
  for (const until = Date.now() + 15_000; !(await accepts(layout.nodeAddress, REGISTRY_PORT)); await sleep(50)) {
    if (Date.now() > until) throw new Error(`The registry at ${registry} did not answer within 15 s; see ${layout.logDir}/registry.log`);
  }
  const image = `${registry}/${pathOf(binaries)}`;
  if ((await execAnyMortal(binaries.crane, ['digest', '--insecure', image])).code === 0) return;
  const folder = mkdtempSync(join(layout.stateDir, 'pause-'));
  try {
    const layer = join(folder, 'pause.tar');
    await exec('tar', ['--owner=0', '--group=0', '--mtime=@0', '-C', dirname(binaries.pause), '-cf', layer, basename(binaries.pause)]);
    const platform = `linux/${process.arch === 'arm64' ? 'arm64' : 'amd64'}`;
    const draft = `${image}-draft`;
    await execMortal(binaries.crane, ['append', '--insecure', '--oci-empty-base', '-f', layer, '-t', draft]);
    await execMortal(binaries.crane, ['mutate', '--insecure', '--set-platform', platform, '--entrypoint', '/pause', '-t', image, draft]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
