/** The image that ours begin with: what SLIPWAY_IMAGE_BASE names, or a few libraries from this machine's Debian packages. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Note } from '../cluster/binaries.js';
import { exec } from '../hack/exec.js';
import type { Buildah } from './buildah.js';

const SCRIPT = join('images', 'base-root.sh');

export interface Base {
  /** Changes when the base would. */
  readonly key: string;
  /** Folder that holds its files, when it is ours. */
  readonly folder?: string;
  /** Makes it available; resolves with the name for BASE. */
  readonly ensure: (buildah: Buildah, note: Note) => Promise<string>;
}

export function chooseBase(stateDir: string, env: NodeJS.ProcessEnv): Base {
  const named = env['SLIPWAY_IMAGE_BASE'];
  if (named !== undefined && named !== '') return { key: named, ensure: () => Promise.resolve(named) };
  const key = hashSources();
  const folder = join(stateDir, `base-${key}`);
  return { key, folder, ensure: (buildah, note) => ensureDebianBase(folder, buildah, note) };
}

async function ensureDebianBase(folder: string, buildah: Buildah, note: Note): Promise<string> {
  const tag = `localhost/slipway/${folder.split('/').at(-1)}`;
  if (existsSync(folder) && (await buildah.has(tag))) return tag;
  if (!existsSync(folder)) {
    note("making a base from Debian's packages");
    const partial = `${folder}.partial`;
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial, { recursive: true });
    await exec('sh', [resolve(SCRIPT), join(resolve(partial), 'root')]).catch((cause) => {
      throw new Error(
        'Could not make the base image from Debian packages: run this on Debian or Ubuntu, or set SLIPWAY_IMAGE_BASE to an image with glibc and libstdc++',
        {
          cause,
        },
      );
    });
    writeFileSync(join(partial, 'Containerfile'), 'FROM scratch\nCOPY root /\n');
    renameSync(partial, folder);
  }
  await buildah.build({ tag, containerfile: join(folder, 'Containerfile'), context: folder });
  return tag;
}

/** The script, the distribution and where apt gets its packages. New packages alone make no new base: remove .slipway/images for that. */
function hashSources(): string {
  const lists = existsSync('/etc/apt/sources.list.d')
    ? readdirSync('/etc/apt/sources.list.d').map((name) => join('/etc/apt/sources.list.d', name))
    : [];
  const hash = createHash('sha256').update(process.arch);
  for (const file of [SCRIPT, '/etc/os-release', '/etc/apt/sources.list', ...lists.sort()])
    if (existsSync(file)) hash.update(file).update(readFileSync(file));
  return hash.digest('hex').slice(0, 12);
}
