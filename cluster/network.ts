/** A cluster's network namespace and the one link that joins it to the host. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { exec, execAny } from '../hack/exec.js';
import { KWOK_POD_CIDR } from './kwok.js';
import { type Layout, SECOND_POD_CIDR } from './layout.js';
import { deleteNetns, remakeLink } from './slots.js';

/** Idempotent: finishes what an interrupted run began, and repairs what was removed by hand. */
export async function ensureNetwork(layout: Layout): Promise<void> {
  const inside = (program: string, args: readonly string[], input = ''): Promise<string> =>
    exec('nsenter', [`--net=${layout.netns}`, program, ...args], { input });
  await ensureNetns(layout);
  if (!(await hasPeer(layout))) {
    await remakeLink(layout);
    await ensureNetns(layout);
  }
  if (hasLink(layout.peerLink)) await exec('ip', ['link', 'set', layout.peerLink, 'netns', layout.link]);
  await exec('ip', ['-batch', '-'], { input: `addr replace ${layout.hostAddress}/30 dev ${layout.link}\nlink set ${layout.link} up\n` });
  // Service addresses are rewritten after routing, so there has to be a route; the host forwards nothing that comes along it
  const commands = [
    'link set lo up',
    `addr replace ${layout.nodeAddress}/30 dev ${layout.peerLink}`,
    `link set ${layout.peerLink} up`,
    `route replace default via ${layout.hostAddress}`,
    // whatever is sent to a pretended pod is for the responder, which listens on all addresses
    `route replace local ${KWOK_POD_CIDR} dev lo`,
  ];
  await inside('ip', ['-batch', '-'], `${commands.join('\n')}\n`);
  await inside('sh', ['-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward']);
}

/**
 * The second node's namespace and its link into the first one's. Idempotent, too: the link goes with either namespace, and then is
 * made anew.
 */
export async function ensureSecondNetwork(first: Layout, second: Layout): Promise<void> {
  const within =
    (netns: string) =>
    (program: string, args: readonly string[], input = '') =>
      exec('nsenter', [`--net=${netns}`, program, ...args], { input });
  await ensureNetns(second);
  const [there, here] = [within(first.netns), within(second.netns)];
  const isLinked = (await execAny('nsenter', [`--net=${second.netns}`, 'ip', 'link', 'show', 'dev', second.peerLink])).code === 0;
  if (!isLinked) {
    await execAny('nsenter', [`--net=${first.netns}`, 'ip', 'link', 'delete', second.link]); // what an interrupted run left
    await there('ip', ['link', 'add', second.link, 'type', 'veth', 'peer', 'name', second.peerLink]);
    await there('ip', ['link', 'set', second.peerLink, 'netns', second.link]);
  }
  const outside = [
    `addr replace ${second.hostAddress}/30 dev ${second.link}`,
    `link set ${second.link} up`,
    `route replace ${SECOND_POD_CIDR} via ${second.nodeAddress}`,
  ];
  await there('ip', ['-batch', '-'], `${outside.join('\n')}\n`);
  const inside = [
    'link set lo up',
    `addr replace ${second.nodeAddress}/30 dev ${second.peerLink}`,
    `link set ${second.peerLink} up`,
    `route replace default via ${second.hostAddress}`,
  ];
  await here('ip', ['-batch', '-'], `${inside.join('\n')}\n`);
  await here('sh', ['-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward']);
}

/** Its end of the link, and with it the other, goes with the namespace. */
export async function removeSecondNetwork(second: Layout): Promise<void> {
  if (existsSync(second.netns)) await deleteNetns(second.netns);
}

/** Removing the namespace removes its end of the link, hence both, with every rule inside. */
export async function removeNetwork(layout: Layout): Promise<void> {
  if (existsSync(layout.netns)) await deleteNetns(layout.netns);
  for (const until = Date.now() + 5000; hasLink(layout.link); await execAny('ip', ['link', 'delete', layout.link])) {
    if (Date.now() > until) throw new Error(`The network link ${layout.link} does not go away: remove it with ip link delete ${layout.link}`);
  }
  // `ip netns add` makes the folder a mount point on its first use; with the last namespace that mount has no purpose
  if (existsSync('/run/netns') && readdirSync('/run/netns').length === 0) await execAny('umount', ['/run/netns']);
}

/** True when the process is in the cluster's network namespace: somebody may have deleted and remade that under its feet. */
export function isInNetwork(layout: Layout, pid: number): boolean {
  try {
    return statSync(`/proc/${pid}/ns/net`).ino === statSync(layout.netns).ino;
  } catch {
    return false;
  }
}

async function ensureNetns(layout: Layout): Promise<void> {
  if (existsSync(layout.netns)) {
    if ((await execAny('nsenter', [`--net=${layout.netns}`, 'true'])).code === 0) return;
    await deleteNetns(layout.netns);
  }
  await exec('ip', ['netns', 'add', layout.link]);
}

async function hasPeer(layout: Layout): Promise<boolean> {
  if (!hasLink(layout.link)) return false;
  if (hasLink(layout.peerLink)) return true;
  return (await execAny('nsenter', [`--net=${layout.netns}`, 'ip', 'link', 'show', 'dev', layout.peerLink])).code === 0;
}

function hasLink(name: string): boolean {
  return existsSync(`/sys/class/net/${name}`);
}
