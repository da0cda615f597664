/** The files of an image, from the compiled working copy and the installed packages, and the hash that says when they changed. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { parseDeps } from '../hack/deps/deps-file.js';
import { type ImageSpec, isShipped, type Platform } from './components.js';
import { type Lock, packageClosure } from './package-closure.js';

/** What a file holds, or where it lies. */
export type ContentFile = { readonly source: string } | { readonly text: string };

export interface ImageContent {
  /** Below /app: our own files, by path in the image. */
  readonly app: ReadonlyMap<string, ContentFile>;
  /** Folders of packages (`node_modules/a`), each with a word that changes with its content. */
  readonly packages: ReadonlyMap<string, string>;
}

/** Relative to the repository's root, the working directory. */
export function readImageContent(spec: ImageSpec): ImageContent {
  const folders = spec.folders
    .flatMap((folder) => foldersBelow(folder))
    .filter((folder) => !spec.exceptFolders.some((except) => isBelow(folder, except)));
  const app = new Map<string, ContentFile>([['package.json', { text: renderManifest() }]]);
  for (const folder of folders) {
    for (const file of filesIn(join('dist', folder)))
      if (/^(?!.*\.test\.js$).*\.js$/.test(file)) app.set(`dist/${folder}/${file}`, { source: join('dist', folder, file) });
    for (const file of filesIn(folder)) if (file.endsWith('.proto')) app.set(`${folder}/${file}`, { source: join(folder, file) });
  }
  const lock = readLock();
  const closure = packageClosure(lock, readPackages(folders), spec.exceptPackages);
  return { app, packages: new Map(closure.map((path) => [path, `${lock[path]?.version} ${lock[path]?.integrity}`])) };
}

/** Files of one package that ship: paths below it. Packages inside it are entries of their own. */
export function shippedFiles(folder: string, platform: Platform): string[] {
  const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !path.startsWith('node_modules/') && isShipped(name, path, platform))
    .sort();
}

/** Changes with anything that would be in the image. `more` is what the caller knows besides. */
export function hashContent(content: ImageContent, more: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify([more, [...content.packages]]));
  for (const [path, file] of [...content.app].sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(`${path}\0`).update('text' in file ? file.text : readFileSync(file.source));
  return hash.digest('hex').slice(0, 16);
}

/** What the image needs to know of package.json: that its files are ES modules, and its version. */
function renderManifest(): string {
  const { name, version, license, type } = JSON.parse(readFileSync('package.json', 'utf8'));
  return `${JSON.stringify({ name, version, license, type, private: true }, undefined, 2)}\n`;
}

function readLock(): Lock {
  const lock: { packages: Lock } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  return lock.packages;
}

/** Packages that the folders' DEPS allow their code. */
function readPackages(folders: readonly string[]): string[] {
  const { dependencies }: { dependencies: Readonly<Record<string, string>> } = JSON.parse(readFileSync('package.json', 'utf8'));
  const names = folders.flatMap((folder) => {
    const path = join(folder, 'DEPS');
    if (!existsSync(path)) return [];
    return parseDeps(readFileSync(path, 'utf8')).flatMap(({ name, testsOnly }) => (!testsOnly && name in dependencies ? [name] : []));
  });
  return [...new Set(names)].sort();
}

function foldersBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const below = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [folder, ...below.flatMap((entry) => foldersBelow(`${folder}/${entry.name}`))];
}

function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [entry.name] : []));
}

function isBelow(folder: string, above: string): boolean {
  return folder === above || folder.startsWith(`${above}/`);
}
