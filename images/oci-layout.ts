/** What a folder with one image in the OCI layout says of itself. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface LayoutSummary {
  readonly digest: string;
  /** What a registry stores and a node downloads: manifest, config and compressed layers. */
  readonly compressedBytes: number;
}

interface Descriptor {
  readonly digest: string;
  readonly size: number;
}

export function readLayout(folder: string): LayoutSummary {
  const index: { manifests: Descriptor[] } = readJson(join(folder, 'index.json'));
  const [manifest, ...others] = index.manifests;
  if (manifest === undefined || others.length > 0)
    throw new Error(`"${folder}" holds ${index.manifests.length} images, not one: remove it and build again`);
  const { config, layers }: { config: Descriptor; layers: Descriptor[] } = readJson(blobPath(folder, manifest.digest));
  return { digest: manifest.digest, compressedBytes: [manifest, config, ...layers].reduce((sum, blob) => sum + blob.size, 0) };
}

export function blobPath(folder: string, digest: string): string {
  return join(folder, 'blobs', ...digest.split(':'));
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8'));
}
