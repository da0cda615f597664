/** A cluster's network namespace and the one link that joins it to the host. */
import { existsSync } from 'node:fs';
import { exec, execAny } from '../hack/exec.js';
import { type Layout, layoutOf, linkOf, MAX_SLOT } from './layout.js';

/** Takes a free slot by making its link, which can be made only once on a machine; resolves with the slot. */
export async function takeSlot(root: string, name: string): Promise<number> {
  for (let slot = 1; slot <= MAX_SLOT; slot += 1) {
    const layout = layoutOf(root, name, slot);
    const made = await execAny('ip', ['link', 'add', layout.link, 'type', 'veth', 'peer', 'name', layout.peerLink]);
    if (made.code === 0) {
      await exec('ip', ['link', 'set', layout.link, 'alias', layout.stateDir]); // says whose it is if the state is lost
      return slot;
    }
    if (!made.stderr.includes('exists')) throw new Error(`Could not make the network link ${layout.link}: ${made.stderr.trim()}`);
  }
  throw new Error(`All ${MAX_SLOT} slots for local clusters are taken: remove one with npm run cluster:down -- --name <name>`);
}

/** Idempotent: finishes what an interrupted run began. */
export async function ensureNetwork(layout: Layout): Promise<void> {
  if (!existsSync(`/run/netns/${layout.id}`)) await exec('ip', ['netns', 'add', layout.id]);
  const inside = (args: readonly string[]): Promise<string> => exec('nsenter', [`--net=/run/netns/${layout.id}`, ...args]);
  if (!(await hasLink(layout.link))) {
    await exec('ip', ['link', 'add', layout.link, 'type', 'veth', 'peer', 'name', layout.peerLink]);
    await exec('ip', ['link', 'set', layout.link, 'alias', layout.stateDir]);
  }
  if (await hasLink(layout.peerLink)) await exec('ip', ['link', 'set', layout.peerLink, 'netns', layout.id]);
  await exec('ip', ['addr', 'replace', `${layout.hostAddress}/30`, 'dev', layout.link]);
  await exec('ip', ['link', 'set', layout.link, 'up']);
  await inside(['ip', 'link', 'set', 'lo', 'up']);
  await inside(['ip', 'addr', 'replace', `${layout.nodeAddress}/30`, 'dev', layout.peerLink]);
  await inside(['ip', 'link', 'set', layout.peerLink, 'up']);
  // Service addresses are rewritten after routing, so there has to be a route; the host forwards nothing that comes along it
  await inside(['ip', 'route', 'replace', 'default', 'via', layout.hostAddress]);
  await inside(['sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward']);
}

/** Removing the namespace removes its end of the link, hence both, with every rule inside. */
export async function removeNetwork(layout: Layout): Promise<void> {
  if (existsSync(`/run/netns/${layout.id}`)) await exec('ip', ['netns', 'delete', layout.id]);
  const until = Date.now() + 5000; // the kernel takes the namespace down in the background
  while ((await hasLink(layout.link)) && Date.now() < until) await execAny('ip', ['link', 'delete', layout.link]);
}

async function hasLink(name: string): Promise<boolean> {
  return (await execAny('ip', ['link', 'show', 'dev', name])).code === 0;
}

/** Links of clusters whose state folder is not the one given, by slot: whose they are. */
export async function slotOwners(): Promise<ReadonlyMap<number, string>> {
  const owners = new Map<number, string>();
  for (let slot = 1; slot <= MAX_SLOT; slot += 1) {
    const path = `/sys/class/net/${linkOf(slot)}/ifalias`;
    if (!existsSync(path)) continue;
    const shown = await execAny('cat', [path]);
    owners.set(slot, shown.stdout.trim());
  }
  return owners;
}
