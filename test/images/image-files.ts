/** Looks into an image's OCI layout. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exec } from '../../hack/exec.js';
import { blobPath } from '../../images/oci-layout.js';

export interface ImageConfig {
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly workingDir: string;
  readonly env: ReadonlyMap<string, string>;
  readonly labels: Readonly<Record<string, string>>;
  readonly architecture: string;
  readonly os: string;
}

export interface ImageFile {
  /** Absolute. */
  readonly path: string;
  /** As `ls` writes it: -rw-r--r--. */
  readonly mode: string;
  readonly bytes: number;
}

interface Manifest {
  readonly config: { readonly digest: string };
  readonly layers: readonly { readonly digest: string; readonly size: number }[];
}

export function readManifest(layout: string): Manifest {
  const index: { manifests: { digest: string }[] } = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8'));
  return JSON.parse(readFileSync(blobPath(layout, index.manifests[0]?.digest ?? ''), 'utf8'));
}

export function readConfig(layout: string): ImageConfig {
  const text = readFileSync(blobPath(layout, readManifest(layout).config.digest), 'utf8');
  const {
    config,
    architecture,
    os,
  }: { config: Record<'User' | 'WorkingDir', string> & { Entrypoint: string[]; Env: string[]; Labels: Record<string, string> } } & Pick<
    ImageConfig,
    'architecture' | 'os'
  > = JSON.parse(text);
  return {
    user: config.User,
    entrypoint: config.Entrypoint,
    workingDir: config.WorkingDir,
    env: new Map(config.Env.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)])),
    labels: config.Labels,
    architecture,
    os,
  };
}

/** Of all layers. No layer of ours takes away or replaces a file of another. */
export async function listFiles(layout: string): Promise<ImageFile[]> {
  const files: ImageFile[] = [];
  for (const { digest } of readManifest(layout).layers) {
    const listing = await exec('tar', ['--list', '--verbose', '--gzip', '--file', blobPath(layout, digest)]);
    for (const line of listing.split('\n').filter(Boolean)) {
      const [mode = '', , bytes = '0', , , path = ''] = line.split(/\s+/, 6);
      files.push({ mode, bytes: Number(bytes), path: `/${path.replace(/^\.?\/+/, '').replace(/\/$/, '')}` });
    }
  }
  return files;
}
