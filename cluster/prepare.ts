/** Writes everything that the components read, before any of them starts. Idempotent: certificates are made once. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { exec } from '../hack/exec.js';
import type { Binaries } from './binaries.js';
import { certificateRequests } from './certificates.js';
import { configFiles, type ImageSettings, kubeconfigData, secondNodeFiles } from './configs.js';
import type { Layout } from './layout.js';
import { mountsOf, type SupervisorPlan } from './supervisor-plan.js';

const OVERLAYFS_MAGIC = 0x794c7630;

/** Everything below the state folder that components read, by path, but for the keys. Pure. */
export function plannedFiles(layout: Layout, plan: SupervisorPlan, images: ImageSettings): Readonly<Record<string, string>> {
  return { ...configFiles(layout, images), 'plan.json': `${JSON.stringify(plan, undefined, 2)}\n` };
}

/** The same of the second node. Its certificates are the first one's to make. */
export function plannedSecondNodeFiles(layout: Layout, plan: SupervisorPlan, images: ImageSettings): Readonly<Record<string, string>> {
  return { ...secondNodeFiles(layout, images), 'plan.json': `${JSON.stringify(plan, undefined, 2)}\n` };
}

/** overlayfs does not stack on itself: a working copy inside a container has its files copied instead. */
export function snapshotterOf(layout: Layout): ImageSettings['snapshotter'] {
  return statfsSync(layout.stateDir).type === OVERLAYFS_MAGIC ? 'native' : 'overlayfs';
}

/** True when what is on disk is what is planned: running components need no new start. */
export function isPrepared(layout: Layout, files: Readonly<Record<string, string>>): boolean {
  return hasCertificates(layout) && hasFiles(layout, files);
}

export function hasFiles(layout: Layout, files: Readonly<Record<string, string>>): boolean {
  return Object.entries(files).every(([name, text]) => isWritten(join(layout.stateDir, name), text));
}

export async function prepare(layout: Layout, binaries: Pick<Binaries, 'nodebox'>, files: Readonly<Record<string, string>>): Promise<void> {
  if (!hasCertificates(layout)) await makeCertificates(layout, binaries);
  writeFiles(layout, files);
}

/** With the folders that are mounted. */
export function writeFiles(layout: Layout, files: Readonly<Record<string, string>>): void {
  mkdirSync(layout.logDir, { recursive: true });
  for (const mount of mountsOf(layout)) if (mount.source !== '') mkdirSync(mount.source, { recursive: true });
  for (const [name, text] of Object.entries(files)) ensureFile(join(layout.stateDir, name), text);
}

/** The kubeconfig of people and clients. Nothing that runs reads it, so it is written anew whenever it differs. */
export function ensureKubeconfig(layout: Layout): void {
  const read = (name: string): string => readFileSync(join(layout.pkiDir, name), 'utf8');
  ensureFile(layout.kubeconfig, kubeconfigData(layout, { ca: read('ca.crt'), certificate: read('admin.crt'), key: read('admin.key') }));
}

/** The requests lie beside what was made for them: another address or another component needs other certificates. */
function hasCertificates(layout: Layout): boolean {
  return isWritten(join(layout.pkiDir, 'requests.json'), JSON.stringify(certificateRequests(layout)));
}

async function makeCertificates(layout: Layout, binaries: Pick<Binaries, 'nodebox'>): Promise<void> {
  const partial = `${layout.pkiDir}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true, mode: 0o700 });
  const requests = join(partial, 'requests.json');
  writeFileSync(requests, JSON.stringify(certificateRequests(layout)));
  await exec(binaries.nodebox, ['certs', partial, requests]);
  rmSync(layout.pkiDir, { recursive: true, force: true });
  renameSync(partial, layout.pkiDir);
}

function ensureFile(path: string, text: string): void {
  if (isWritten(path, text)) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

function isWritten(path: string, text: string): boolean {
  return existsSync(path) && readFileSync(path, 'utf8') === text;
}
