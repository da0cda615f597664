/** Where downloaded bytes go: a file that gets its name only once verified, or nowhere when only the digest is wanted. */
import { type FileHandle, open, rename, rm, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from './error-code.js';
import { formatBytes } from './progress.js';
import { SourceError } from './source-error.js';

/** Folder in a model's folder for what is not verified yet, so that it then needs only another name. */
export const STAGE = '.fetch';

export interface ByteSink {
  /** Throws DISK_FULL when so many more bytes cannot fit. */
  reserve(bytes: number): Promise<void>;
  write(chunk: Buffer): Promise<void>;
  /** Forgets everything written: the source begins anew. */
  restart(): Promise<void>;
}

export const NULL_SINK: ByteSink = {
  reserve: () => Promise.resolve(),
  write: () => Promise.resolve(),
  restart: () => Promise.resolve(),
};

export class FileSink implements ByteSink {
  private position = 0;

  private constructor(
    private readonly file: FileHandle,
    private readonly path: string,
  ) {}

  static async create(path: string): Promise<FileSink> {
    return new FileSink(await diskWork(path, () => open(path, 'w', 0o644)), path);
  }

  async reserve(bytes: number): Promise<void> {
    const { bavail, bsize } = await diskWork(this.path, () => statfs(dirname(this.path)));
    const free = bavail * bsize;
    if (bytes > free) throw diskFull(this.path, `${formatBytes(bytes)} more are needed and ${formatBytes(free)} are free`);
  }

  async write(chunk: Buffer): Promise<void> {
    await diskWork(this.path, async () => {
      for (let done = 0; done < chunk.length; ) {
        const { bytesWritten } = await this.file.write(chunk, done, chunk.length - done, this.position);
        done += bytesWritten;
        this.position += bytesWritten;
      }
    });
  }

  async restart(): Promise<void> {
    await diskWork(this.path, () => this.file.truncate(0));
    this.position = 0;
  }

  /** On disk for good, under its real name. */
  async commit(path: string): Promise<void> {
    await diskWork(this.path, async () => {
      await this.file.sync();
      await this.file.close();
      await rename(this.path, path);
      await syncFolder(dirname(path));
    });
  }

  /** Closed and gone. */
  async abandon(): Promise<void> {
    await this.file.close().catch(() => undefined); // commit may have closed it
    await rm(this.path, { force: true });
  }
}

export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Errors of the file system in our words. */
export async function diskWork<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (['ENOSPC', 'EDQUOT'].includes(errorCode(cause))) throw diskFull(path, 'no space is left', cause);
    throw new SourceError('INTERNAL', `Could not write "${path}": ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** For people: where the model will be, not where it is on its way. */
function servedFolder(path: string): string {
  const folder = dirname(path);
  const stage = folder.split('/').lastIndexOf(STAGE);
  return stage < 0 ? folder : folder.split('/').slice(0, stage).join('/');
}

function diskFull(path: string, why: string, cause?: unknown): SourceError {
  return new SourceError(
    'DISK_FULL',
    `The model does not fit into "${servedFolder(path)}": ${why}. Give the volume or the node more ephemeral storage`,
    {
      cause,
    },
  );
}
