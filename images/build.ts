/** Builds the images and pushes them. What is unchanged is neither built nor pushed again. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import type { Binaries, Note } from '../cluster/binaries.js';
import { STATE_ROOT } from '../cluster/layout.js';
import { withLock } from '../cluster/lock.js';
import { exec, execAny } from '../hack/exec.js';
import { chooseBase } from './base.js';
import { Buildah } from './buildah.js';
import { IMAGE_NAMES, IMAGES, type ImageName, type Platform } from './components.js';
import { hashContent, type ImageContent, readImageContent } from './image-content.js';
import { readLayout } from './oci-layout.js';
import { stageContext } from './stage.js';

const STATE = join(STATE_ROOT, 'images');
const CONTAINERFILE = join('images', 'Containerfile');
const PLATFORM: Platform = { os: process.platform, arch: process.arch };

export interface BuiltImage {
  /** OCI layout that holds it. */
  readonly layout: string;
  readonly digest: string;
  readonly compressedBytes: number;
}

export interface PushedImage {
  /** As pods name it, by digest. */
  readonly reference: string;
  /** The same in the parts that the chart's values take. */
  readonly registry: string;
  readonly repository: string;
  readonly digest: string;
}

/** Where to push, as a ClusterHandle has it. */
export interface PushTarget {
  readonly registryPush: string;
  readonly registryPlainHttp: boolean;
  readonly registryPull: string;
  readonly binaries: Pick<Binaries, 'crane'>;
}

type PerImage<T> = Readonly<Record<ImageName, T>>;

export function ensureImages(note: Note, env: NodeJS.ProcessEnv = process.env): Promise<PerImage<BuiltImage>> {
  return withLock(
    resolve(STATE), // one build at a time in one working copy
    () => note('waiting for another command that builds images'),
    () => build(note, env),
  );
}

/** Writes the build context for docker and podman; resolves with its folder. */
export function prepareContext(): string {
  const folder = join(STATE, 'context');
  stageContext(folder, readContents(), PLATFORM);
  return folder;
}

export async function pushImages(images: PerImage<BuiltImage>, target: PushTarget, note: Note): Promise<PerImage<PushedImage>> {
  const push = (name: ImageName): Promise<PushedImage> => pushImage(name, images[name], target, note);
  return { control: await push('control'), runtime: await push('runtime') };
}

async function build(note: Note, env: NodeJS.ProcessEnv): Promise<PerImage<BuiltImage>> {
  if (process.platform !== 'linux')
    throw new Error(`Images are built on Linux; this is ${process.platform}: use a Linux machine, or docker as ${CONTAINERFILE} says`);
  const base = chooseBase(STATE, env);
  const contents = readContents();
  const more = [base.key, process.arch, readFileSync(CONTAINERFILE, 'utf8'), hashBuilder(), nodeVersion()];
  const layouts = IMAGE_NAMES.map((name) => ({ name, layout: join(STATE, `${name}-${hashContent(contents.get(name) ?? absent(name), more)}`) }));
  const missing = layouts.filter(({ layout }) => !existsSync(layout));
  if (missing.length > 0) {
    const buildah = await Buildah.open(join(STATE, 'storage'));
    const from = await base.ensure(buildah, note);
    note('collecting what goes into the images');
    const context = prepareContext();
    for (const { name, layout } of missing) await buildOne(buildah, { name, layout, context, from }, note);
    rmSync(context, { recursive: true });
    removeOthers([...layouts.map(({ layout }) => layout), ...(base.folder === undefined ? [] : [base.folder])]);
  }
  const [control, runtime] = layouts.map(({ name, layout }) => describe(name, layout, note));
  if (control === undefined || runtime === undefined) throw new Error('An image is missing in IMAGE_NAMES');
  return { control, runtime };
}

interface Job {
  readonly name: ImageName;
  readonly layout: string;
  readonly context: string;
  readonly from: string;
}

async function buildOne(buildah: Buildah, { name, layout, context, from }: Job, note: Note): Promise<void> {
  note(`building ${name}`);
  const tag = `localhost/slipway/${name}`;
  await buildah.build({ tag, containerfile: CONTAINERFILE, context, target: name, args: { BASE: from, VERSION: ownVersion() } });
  const partial = `${layout}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(STATE, { recursive: true });
  await buildah.exportLayout(tag, partial);
  renameSync(partial, layout);
}

function describe(name: ImageName, layout: string, note: Note): BuiltImage {
  const { digest, compressedBytes } = readLayout(layout);
  note(`${name} ${digest.slice(0, 19)}… ${(compressedBytes / 1e6).toFixed(0)} MB compressed`);
  return { layout, digest, compressedBytes };
}

async function pushImage(name: ImageName, image: BuiltImage, target: PushTarget, note: Note): Promise<PushedImage> {
  const repository = `slipway-dev/${name}`; // as in the values of the chart: there, global.imageRegistry is all that differs
  const insecure = target.registryPlainHttp ? ['--insecure'] : [];
  const byDigest = `${target.registryPush}/${repository}@${image.digest}`;
  if ((await execAny(target.binaries.crane, ['digest', ...insecure, byDigest])).code !== 0) {
    note(`pushing ${name} to ${target.registryPush}`);
    await exec(target.binaries.crane, ['push', ...insecure, image.layout, `${target.registryPush}/${repository}:${ownVersion()}`]);
  }
  return { reference: `${target.registryPull}/${repository}@${image.digest}`, registry: target.registryPull, repository, digest: image.digest };
}

function readContents(): ReadonlyMap<ImageName, ImageContent> {
  return new Map(IMAGE_NAMES.map((name) => [name, readImageContent(IMAGES[name])]));
}

/** Layouts and bases of earlier sources. */
function removeOthers(keep: readonly string[]): void {
  for (const entry of readdirSync(STATE)) {
    const path = join(STATE, entry);
    if (/^(control|runtime|base)-/.test(entry) && !keep.includes(path)) rmSync(path, { recursive: true });
  }
}

/** The code that decides what goes in is a source of the image too. */
function hashBuilder(): string {
  const hash = createHash('sha256');
  for (const file of readdirSync(import.meta.dirname).sort())
    if (/^(?!.*\.test\.js$).*\.js$/.test(file)) hash.update(readFileSync(join(import.meta.dirname, file)));
  return hash.digest('hex');
}

function nodeVersion(): string {
  return readVersion(join('node_modules', 'node', 'package.json'));
}

function ownVersion(): string {
  return readVersion('package.json');
}

function readVersion(path: string): string {
  const manifest: { version: string } = JSON.parse(readFileSync(path, 'utf8'));
  return manifest.version;
}

function absent(name: string): never {
  throw new Error(`Nothing is known of the image "${name}"`);
}
