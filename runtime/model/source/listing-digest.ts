/**
 * The digest of a model of several files: SHA-256 of what `sha256sum` prints of them, in the order of their names' bytes.
 *
 *   cd onnx && LC_ALL=C sha256sum model.onnx model.onnx_data | sha256sum
 *
 * Of one file it is the file's own.
 */
import { createHash } from 'node:crypto';

export interface HashedFile {
  /** Relative to the model's folder at the source. */
  readonly name: string;
  /** `sha256:<hex>` */
  readonly digest: string;
}

export function listingDigest(files: readonly HashedFile[]): string {
  const [only] = files;
  if (only !== undefined && files.length === 1) return only.digest;
  const sorted = [...files].sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  const text = sorted.map(({ name, digest }) => `${digest.slice('sha256:'.length)}  ${name}\n`).join('');
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
