/** The programs of the local cluster, built once from Go modules and kept by the hash of their sources. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { exec, execAny } from '../hack/exec.js';
import { pruneBuilds } from './binaries-prune.js';
import { STATE_ROOT } from './layout.js';
import { withLock } from './lock.js';

/** What a client of any cluster uses. */
export interface ClientTools {
  readonly kubectl: string;
  /** Helm 4, or whatever Helm the owner of an existing cluster has. */
  readonly helm: string;
  readonly crane: string;
}

export interface Binaries extends ClientTools {
  readonly kubebox: string;
  readonly nodebox: string;
  readonly pause: string;
  readonly coredns: string;
  readonly containerd: string;
}

/** Pretended nodes: built only for clusters that have them. */
export interface KwokBinaries {
  readonly kwok: string;
  readonly responder: string;
}

type ModuleName = 'kubebox' | 'nodebox' | 'coredns' | 'containerd' | 'helm4' | 'helm3' | 'crane' | 'judge' | 'scheduler' | 'kwok' | 'versitygw';

interface GoModule {
  /** Folder below cluster/; the module's own name when it is not given. */
  readonly source?: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** Other names for an output: the programs look at the name that they are called by. */
  readonly links?: Readonly<Record<string, string>>;
}

const KUBERNETES_VERSION = /k8s\.io\/kubernetes (v1\.(\d+)\.\d+)/;

const MODULES: Readonly<Record<ModuleName, GoModule>> = {
  nodebox: { outputs: { nodebox: '.', pause: './pause' }, links: { crane: 'nodebox' } },
  kubebox: { outputs: { kubebox: '.' }, links: { kubectl: 'kubebox' } },
  coredns: { outputs: { coredns: '.' } },
  containerd: {
    outputs: {
      containerd: 'github.com/containerd/containerd/v2/cmd/containerd',
      'containerd-shim-runc-v2': 'github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2',
    },
  },
  helm4: { outputs: { helm: 'helm.sh/helm/v4/cmd/helm' } },
  helm3: { outputs: { helm3: 'helm.sh/helm/v3/cmd/helm' } },
  judge: { outputs: { judge: '.' } },
  scheduler: { outputs: { scheduler: '.' } },
  kwok: { outputs: { kwok: 'sigs.k8s.io/kwok/cmd/kwok', 'pod-responder': './responder' } },
  versitygw: { outputs: { versitygw: 'github.com/versity/versitygw/cmd/versitygw' } },
  crane: { source: 'nodebox', outputs: { crane: 'github.com/google/go-containerregistry/cmd/crane' } },
};

/** What a local cluster needs, quickest first. */
const MODULE_NAMES: readonly ModuleName[] = ['nodebox', 'kubebox', 'coredns', 'containerd', 'helm4'];

const MINIMUM_GO = [1, 21] as const; // from here on Go fetches the toolchain that a module asks for

export type Note = (line: string) => void;

const ROOT = resolve(STATE_ROOT, 'bin');

/** Builds what is missing. Resolves with absolute paths; the second call finds everything and takes milliseconds. */
export async function ensureBinaries(note: Note): Promise<Binaries> {
  const folders = new Map<ModuleName, string>();
  for (const name of MODULE_NAMES) folders.set(name, await ensureModule(name, note));
  pruneBuilds(ROOT, [...folders.values()]);
  return binariesIn(folders);
}

/** Undefined when something would have to be built first. */
export function findBinaries(): Binaries | undefined {
  const folders = new Map(MODULE_NAMES.map((name) => [name, folderOf(name)]));
  return [...folders.values()].every((folder) => existsSync(folder)) ? binariesIn(folders) : undefined;
}

/** crane alone: of the programs here the one that somebody with a cluster of his own may lack. It builds on every platform. */
export async function ensureCrane(note: Note): Promise<string> {
  return join(await ensureModule('crane', note), 'crane');
}

export async function ensureKwok(note: Note): Promise<KwokBinaries> {
  const folder = await ensureModule('kwok', note);
  return { kwok: join(folder, 'kwok'), responder: join(folder, 'pod-responder') };
}

function binariesIn(folders: ReadonlyMap<ModuleName, string>): Binaries {
  const at = (module: ModuleName, file: string): string => join(folders.get(module) ?? folderOf(module), file);
  return {
    kubebox: at('kubebox', 'kubebox'),
    kubectl: at('kubebox', 'kubectl'),
    nodebox: at('nodebox', 'nodebox'),
    crane: at('nodebox', 'crane'),
    pause: at('nodebox', 'pause'),
    coredns: at('coredns', 'coredns'),
    containerd: at('containerd', 'containerd'),
    helm: at('helm4', 'helm'),
  };
}

/** Both Helms that the chart has to work with. A cluster needs only the newer one. */
export async function ensureHelm(note: Note): Promise<{ readonly helm: string; readonly helm3: string }> {
  return { helm: join(await ensureModule('helm4', note), 'helm'), helm3: join(await ensureModule('helm3', note), 'helm3') };
}

/** Says of an object what kstatus, Argo CD and Flux say of it. Only tests ask. */
export async function ensureJudge(note: Note): Promise<string> {
  return join(await ensureModule('judge', note), 'judge');
}

/** A server of S3. Only tests ask. */
export async function ensureVersitygw(note: Note): Promise<string> {
  return join(await ensureModule('versitygw', note), 'versitygw');
}

/** Says of each node of a snapshot what kube-scheduler's filters say of a pod there. Only tests ask. */
export async function ensureScheduler(note: Note): Promise<string> {
  return join(await ensureModule('scheduler', note), 'scheduler');
}

function sourceOf(name: ModuleName): string {
  return join('cluster', MODULES[name].source ?? name);
}

function folderOf(name: ModuleName): string {
  return join(ROOT, `${name}-${hashSources(sourceOf(name))}`);
}

/** Builds one module unless its folder is there: that is made by one rename when everything in it is complete. */
async function ensureModule(name: ModuleName, note: Note): Promise<string> {
  const folder = folderOf(name);
  if (markUsed(folder)) return folder;
  return withLock(folder, note, async () => {
    if (!markUsed(folder)) await buildModule(name, folder, note);
    return folder;
  });
}

async function buildModule(name: ModuleName, folder: string, note: Note): Promise<void> {
  const go = await findGo();
  const started = performance.now();
  const partial = `${folder}.${process.pid}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  const module = MODULES[name];
  for (const [output, target] of Object.entries(module.outputs))
    await build(go, { source: sourceOf(name), target, output: join(partial, output), note });
  for (const [link, output] of Object.entries(module.links ?? {})) symlinkSync(output, join(partial, link));
  renameSync(partial, folder);
  note(`built ${name} in ${((performance.now() - started) / 1000).toFixed(0)} s`);
}

/** Its time says when it was used last, so that nobody prunes it. False when there is no such folder. */
function markUsed(folder: string): boolean {
  try {
    const now = new Date();
    utimesSync(folder, now, now);
  } catch {
    // not there, or not ours to touch
  }
  return existsSync(folder);
}

async function build(go: string, job: { source: string; target: string; output: string; note: Note }): Promise<void> {
  let packages = 0;
  let saidAt = performance.now();
  job.note(`building ${job.output.split('/').at(-1)} from source`);
  const onLine = (line: string): void => {
    if (!/^[a-z0-9.-]+(\/|$)/i.test(line)) return;
    packages += 1;
    if (performance.now() - saidAt < 10_000) return;
    saidAt = performance.now();
    job.note(`${packages} Go packages compiled, now ${line}`);
  };
  const ldflags = `-s -w ${versionFlags(job.source)}`.trim();
  await exec(go, ['build', '-v', '-trimpath', '-ldflags', ldflags, '-o', job.output, job.target], {
    cwd: job.source,
    env: { CGO_ENABLED: '0', GOFLAGS: '-mod=readonly', GOWORK: 'off' },
    onLine,
  });
}

/** Kubernetes' own build stamps its version into every component: without it kubectl and the API server call themselves v0.0.0. */
function versionFlags(source: string): string {
  const match = KUBERNETES_VERSION.exec(readFileSync(join(source, 'go.mod'), 'utf8'));
  if (match === null) return '';
  const variable = (name: string, value: string | undefined): string => `-X k8s.io/component-base/version.${name}=${value}`;
  return [variable('gitVersion', match[1]), variable('gitMajor', '1'), variable('gitMinor', match[2])].join(' ');
}

function hashSources(folder: string): string {
  const hash = createHash('sha256').update(`${process.arch} 1`);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => /\.go$|^go\.(mod|sum)$/.test(file));
  for (const file of files.sort()) hash.update(file).update(readFileSync(join(folder, file)));
  return hash.digest('hex').slice(0, 12);
}

async function findGo(): Promise<string> {
  for (const go of ['go', '/usr/local/go/bin/go', '/usr/lib/go/bin/go']) {
    const result = await execAny(go, ['env', 'GOVERSION']).catch(() => undefined);
    if (result?.code !== 0) continue;
    const [major = 0, minor = 0] = result.stdout
      .trim()
      .replace(/^go/, '')
      .split('.')
      .map((part) => Number.parseInt(part, 10));
    if (major > MINIMUM_GO[0] || (major === MINIMUM_GO[0] && minor >= MINIMUM_GO[1])) return go;
    throw new Error(
      `Go ${major}.${minor} is too old to build the local Kubernetes: install Go ${MINIMUM_GO.join('.')} or newer from https://go.dev/dl/`,
    );
  }
  throw new Error(
    `Go was not found; it builds the local Kubernetes: install Go ${MINIMUM_GO.join('.')} or newer from https://go.dev/dl/ and put it on the PATH`,
  );
}
