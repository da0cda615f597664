/** Which cluster has which slot of this machine. The truth is the link of a slot: its alias names the owner's state folder. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { exec, execAny } from '../hack/exec.js';
import { type Layout, layoutOf, linkOf, MAX_SLOT, nodeAddressOf, secondNodeOf } from './layout.js';
import { withLock } from './lock.js';

const SILENT = (): void => undefined; // the lock is held for a few milliseconds at a time

/** The slot that this state folder has on the machine at present; also when the folder has been removed by hand. */
export function findSlot(stateDir: string): number | undefined {
  for (let slot = 1; slot <= MAX_SLOT; slot += 1) if (readOwner(slot) === stateDir) return slot;
  return undefined;
}

/** The slot that the folder has, or else the wanted one if it is free, or else the first free one. Makes the folder and the link. */
export function claimSlot(stateDir: string, wanted: number | undefined): Promise<number> {
  return withLock('slots', SILENT, async () => {
    mkdirSync(stateDir, { recursive: true });
    const known = findSlot(stateDir);
    if (known !== undefined) return known;
    const routes = await hostRoutes();
    for (const slot of candidates(wanted)) {
      if (!isFree(readOwner(slot)) || isRouted(slot, routes)) continue;
      await makeLink(slot, stateDir);
      return slot;
    }
    throw new Error(
      `All ${MAX_SLOT} slots for local clusters are taken (networks 10.201.1.0/30 to 10.201.${MAX_SLOT}.0/30): take one down with npm run cluster:down -- --name <name>`,
    );
  });
}

/** For a cluster whose link has lost its other end. */
export function remakeLink(layout: Layout): Promise<void> {
  return withLock('slots', SILENT, () => makeLink(layout.slot, layout.stateDir));
}

/** False when the slot that a cluster had before the machine was restarted is somebody else's by now. */
export function mayUseSlot(layout: Layout): boolean {
  const owner = readOwner(layout.slot);
  return owner === layout.stateDir || isFree(owner);
}

/** Makes the link anew, with nothing left of what was there. Only under the lock: without a link the slot is free. */
async function makeLink(slot: number, stateDir: string): Promise<void> {
  const layout = layoutOf('/', 'any', slot);
  const { link, peerLink, netns } = layout;
  for (const old of [secondNodeOf(layout).netns, netns]) if (existsSync(old)) await deleteNetns(old);
  await execAny('ip', ['link', 'delete', link]); // a killed command, or a working copy that is gone, may have left it
  await exec('ip', ['link', 'add', link, 'type', 'veth', 'peer', 'name', peerLink]);
  await exec('ip', ['link', 'set', link, 'alias', stateDir]);
}

/** Also what is only half a namespace: a command may have been killed between the file and the mount on it. */
export async function deleteNetns(netns: string): Promise<void> {
  const deleted = await execAny('ip', ['netns', 'delete', netns.slice('/run/netns/'.length)]);
  if (deleted.code !== 0) rmSync(netns, { force: true });
}

/** Undefined: no such link. Empty: somebody died before naming himself, since that happens under the lock. */
function readOwner(slot: number): string | undefined {
  try {
    return readFileSync(`/sys/class/net/${linkOf(slot)}/ifalias`, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** A cluster whose state folder is gone is broken, and nobody can name it any more. */
function isFree(owner: string | undefined): boolean {
  return owner === undefined || owner === '' || !existsSync(owner);
}

function candidates(wanted: number | undefined): number[] {
  const all = Array.from({ length: MAX_SLOT }, (_, index) => index + 1);
  return wanted === undefined ? all : [wanted, ...all.filter((slot) => slot !== wanted)];
}

async function hostRoutes(): Promise<string[]> {
  const text = await exec('ip', ['-4', 'route', 'show']);
  return text.split('\n').flatMap((line) => line.split(' ')[0] ?? []);
}

/**
 * True when the machine's own routes lead the slot's addresses somewhere already. A route for a whole company (10.0.0.0/8) does not
 * count: four of its addresses are ours then, while this machine would miss nothing. Pure.
 */
export function isRouted(slot: number, routes: readonly string[]): boolean {
  const address = toNumber(nodeAddressOf(slot));
  return routes.some((route) => {
    const [network = '', bits = '32'] = route.split('/');
    if (!/^\d+(\.\d+){0,3}$/.test(network) || Number(bits) < 16) return false;
    const size = 2 ** (32 - Number(bits));
    return Math.floor(toNumber(network) / size) === Math.floor(address / size);
  });
}

function toNumber(address: string): number {
  const parts = address.split('.').map(Number);
  return [0, 1, 2, 3].reduce((sum, index) => sum * 256 + (parts[index] ?? 0), 0);
}
