/** buildah with a storage of its own: nothing outside the working copy's state folder changes. */
import { existsSync, mkdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { exec, execAny } from '../hack/exec.js';

export interface BuildOptions {
  readonly tag: string;
  readonly containerfile: string;
  readonly context: string;
  readonly target?: string;
  readonly args?: Readonly<Record<string, string>>;
}

/** Intermediate layers are kept so that the next build is quick; beyond this many images everything is built anew. */
const MAX_IMAGES = 150;

/** Where buildah remembers, for root, which compressed layer holds which content; there is no flag to have it elsewhere. */
const HOST_CACHE = '/var/lib/containers/cache';

export class Buildah {
  private constructor(private readonly base: readonly string[]) {}

  /** overlay where the file system can do it, else vfs, which copies. Bounded: an overgrown storage is emptied. */
  static async open(folder: string): Promise<Buildah> {
    mkdirSync(folder, { recursive: true });
    const at = (driver: string): string[] => ['--root', join(folder, driver), '--runroot', join(folder, 'run'), '--storage-driver', driver];
    const overlay = await execAny('buildah', [...at('overlay'), 'images', '--all', '--quiet']).catch((cause) => {
      throw new Error(`buildah was not found: install Debian's packages buildah and mmdebstrap, or build with docker as images/Containerfile says`, {
        cause,
      });
    });
    const driver = overlay.code === 0 ? 'overlay' : 'vfs';
    if (overlay.stdout.trim().split('\n').length > MAX_IMAGES) rmSync(join(folder, driver), { recursive: true, force: true });
    return new Buildah(at(driver));
  }

  async has(tag: string): Promise<boolean> {
    return (await execAny('buildah', [...this.base, 'inspect', '--type', 'image', tag])).code === 0;
  }

  /** The same content gives the same digest, whenever it is built. No instruction runs anything, so no isolation is needed. */
  async build({ tag, containerfile, context, target, args = {} }: BuildOptions): Promise<void> {
    const more = [
      ...(target === undefined ? [] : ['--target', target]),
      ...Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
    ];
    const fixed = ['build', '--quiet', '--isolation', 'chroot', '--layers', '--timestamp', '0', '--format', 'oci'];
    await leavingHostAlone(() => exec('buildah', [...this.base, ...fixed, ...more, '--file', containerfile, '--tag', tag, context]));
  }

  /** Compresses the image into an OCI layout, from which it can be pushed anywhere. */
  async exportLayout(tag: string, folder: string): Promise<void> {
    await leavingHostAlone(() => exec('buildah', [...this.base, 'push', '--quiet', tag, `oci:${folder}:latest`]));
  }
}

async function leavingHostAlone<T>(work: () => Promise<T>): Promise<T> {
  const wasThere = existsSync(HOST_CACHE);
  try {
    return await work();
  } finally {
    if (!wasThere) removeHostCache();
  }
}

function removeHostCache(): void {
  rmSync(HOST_CACHE, { recursive: true, force: true });
  try {
    rmdirSync(join(HOST_CACHE, '..'));
  } catch {
    // not empty, hence somebody else's, or never made
  }
}
