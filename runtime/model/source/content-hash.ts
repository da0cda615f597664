/** SHA-256 of bytes as they pass, and beside it what git would call them, where a source names its files so. */
import { createHash, type Hash } from 'node:crypto';

export interface ContentDigests {
  /** `sha256:<hex>` */
  readonly digest: string;
  /** `sha1("blob <size>\0<content>")` in hex. */
  readonly gitBlob?: string;
}

export class ContentHash {
  private readonly sha256 = createHash('sha256');
  private readonly blob: Hash | undefined;

  /** With the size, which git hashes first, where git's name is wanted too. */
  constructor(gitBytes: number | undefined) {
    if (gitBytes !== undefined) this.blob = createHash('sha1').update(`blob ${gitBytes}\0`);
  }

  update(chunk: Buffer): void {
    this.sha256.update(chunk);
    this.blob?.update(chunk);
  }

  digests(): ContentDigests {
    const digest = `sha256:${this.sha256.digest('hex')}`;
    return this.blob === undefined ? { digest } : { digest, gitBlob: this.blob.digest('hex') };
  }
}
