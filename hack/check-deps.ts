/**
 * `npm run deps`: fails on imports that a folder's DEPS does not allow, on entries that are not needed, and on effects in pure
 * folders. `-- --tidy` first takes out of the DEPS files what they allow in vain.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkFolder, type Folder, tidyDeps, type World } from './deps/check-folder.js';

const PURE = new Set([
  'contract',
  'runtime/core',
  'runtime/wire',
  'runtime/onnx',
  'runtime/onnx/edit',
  'runtime/onnx/inspect',
  'runtime/onnx/rows',
  'runtime/onnx/rows/ops',
  'operator/plan',
  'operator/plan/placement',
  'operator/render',
  'operator/status',
  'operator/api',
  'operator/view',
]);

/** What the images hold. */
const SHIPPED = ['contract', 'lib', 'operator', 'runtime', 'cli', 'proto'];

/** Generated types: the generator writes the folder anew, and what it imports is its own business. */
const GENERATED = ['proto/gen'];

const PASSED_OVER = new Set(['node_modules', 'dist', '.slipway', '.git', '.venv']);

export interface DepsReport {
  readonly folders: number;
  readonly files: number;
  readonly problems: readonly string[];
}

/** Of the repository whose root is given. */
export function checkDeps(root: string): DepsReport {
  const folders = readFolders(root, '');
  const world = readWorld(root, folders);
  return {
    folders: folders.length,
    files: folders.reduce((sum, folder) => sum + folder.files.length, 0),
    problems: folders.flatMap((folder) => checkFolder(folder, world).map(({ text }) => text)),
  };
}

function tidyAll(root: string): void {
  const folders = readFolders(root, '');
  const world = readWorld(root, folders);
  for (const folder of folders) {
    const tidied = tidyDeps(folder.deps ?? '', checkFolder(folder, world));
    if (folder.deps !== undefined && tidied !== folder.deps) writeFileSync(join(root, folder.path, 'DEPS'), tidied);
  }
}

function readFolders(root: string, path: string): Folder[] {
  const entries = readdirSync(join(root, path), { withFileTypes: true });
  const at = (name: string): string => (path === '' ? name : `${path}/${name}`);
  const below = entries.flatMap((entry) => (entry.isDirectory() && !PASSED_OVER.has(entry.name) ? readFolders(root, at(entry.name)) : []));
  const names = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.ts')).map((entry) => entry.name);
  if (names.length === 0 || isGenerated(path)) return below;
  const deps = join(root, path, 'DEPS');
  const own: Folder = {
    path,
    files: names.sort().map((name) => ({ path: at(name), text: readFileSync(join(root, path, name), 'utf8') })),
    deps: existsSync(deps) ? readFileSync(deps, 'utf8') : undefined,
    pure: PURE.has(path),
    ships: SHIPPED.some((root) => path === root || path.startsWith(`${root}/`)),
  };
  return [own, ...below];
}

function readWorld(root: string, folders: readonly Folder[]): World {
  const manifest: { dependencies?: object; devDependencies?: object } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const devPackages = Object.keys(manifest.devDependencies ?? {});
  return {
    folders: new Set(folders.map((folder) => folder.path)),
    generated: GENERATED,
    files: new Set(folders.flatMap((folder) => folder.files.map((file) => file.path.replace(/\.ts$/, '')))),
    packages: new Set([...Object.keys(manifest.dependencies ?? {}), ...devPackages]),
    devPackages: new Set(devPackages),
  };
}

function isGenerated(path: string): boolean {
  return GENERATED.some((folder) => path === folder || path.startsWith(`${folder}/`));
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (process.argv.includes('--tidy')) tidyAll('.');
  const { folders, files, problems } = checkDeps('.');
  for (const problem of problems) console.error(problem);
  console.log(`${files} files in ${folders} folders against DEPS: ${problems.length === 0 ? 'all as allowed' : `${problems.length} problems`}`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
