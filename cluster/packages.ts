/** The Debian packages that a node and the image builds need. Installed when that is possible, else named. */
import { existsSync } from 'node:fs';
import { exec, execAny } from '../hack/exec.js';
import type { Note } from './binaries.js';

/** Package → a file that it brings. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  runc: ['/usr/sbin/runc', '/usr/bin/runc', '/usr/local/sbin/runc'],
  'containernetworking-plugins': ['/usr/lib/cni/ptp', '/opt/cni/bin/ptp'],
  iptables: ['/usr/sbin/iptables', '/sbin/iptables'],
  conntrack: ['/usr/sbin/conntrack'],
  ethtool: ['/usr/sbin/ethtool', '/sbin/ethtool'],
  iproute2: ['/usr/sbin/ip', '/sbin/ip', '/usr/bin/ip'],
  'util-linux': ['/usr/bin/nsenter'],
  mount: ['/usr/bin/mount', '/bin/mount'],
  buildah: ['/usr/bin/buildah'],
  mmdebstrap: ['/usr/bin/mmdebstrap'],
};

export async function ensurePackages(note: Note): Promise<void> {
  const missing = missingPackages(existsSync);
  requireRoot(missing);
  if (missing.length === 0) return;
  if ((await execAny('apt-get', ['--version']).catch(() => undefined)) === undefined) {
    throw new Error(`These programs are missing and apt-get is not there to install them (names of Debian's packages): ${missing.join(' ')}`);
  }
  note(`installing ${missing.join(' ')}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const onLine = (line: string): void => (line.startsWith('Setting up') ? note(line) : undefined);
  await exec('apt-get', ['-q', 'update'], { env });
  await exec('apt-get', ['-q', 'install', '-y', '--no-install-recommends', ...missing], { env, onLine });
}

/** Tells at the same time what root would have to install. */
export function requireRoot(missing: readonly string[] = []): void {
  if (process.getuid?.() === 0) return;
  throw new Error(
    'The local Kubernetes needs root (it makes network namespaces, mounts and cgroups): run the command as root, ' +
      `or name a cluster that you have: SLIPWAY_CLUSTER_CONTEXT=<context>${missing.length === 0 ? '' : `. It also needs packages that are missing: apt-get install ${missing.join(' ')}`}`,
  );
}

/** Pure but for the question whether a file exists. */
export function missingPackages(exists: (path: string) => boolean): string[] {
  return Object.entries(NEEDED).flatMap(([name, files]) => (files.some(exists) ? [] : [name]));
}
