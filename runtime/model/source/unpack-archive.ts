/**
 * A verified archive → files in a folder. What could reach beyond the folder or fill the disk is refused by name: paths that lead
 * out, links, devices, two files of one name, and more bytes or files than a model has.
 */
import { createHash } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ArchiveEntry, ArchiveRefusal } from './archive-entry.js';
import type { ArchiveKind } from './archive-kind.js';
import { diskWork, FileSink } from './byte-sink.js';
import { errorCode } from './error-code.js';
import { formatBytes } from './progress.js';
import { refusePath } from './safe-path.js';
import { SourceError } from './source-error.js';
import { readTar } from './tar-reader.js';
import { readZip } from './zip-reader.js';

export interface Unpacked {
  readonly path: string;
  readonly digest: string;
  readonly bytes: number;
}

export interface UnpackOptions {
  readonly kind: ArchiveKind;
  readonly path: string;
  /** Made anew. */
  readonly folder: string;
  /** As messages call the archive. */
  readonly name: string;
}

const MAX_ENTRIES = 10_000;
/** Weights hardly shrink when they are packed; deflate can make a thousand bytes of one, which only zeros and bombs do. */
const MAX_RATIO = 100;
const ALWAYS_ALLOWED_BYTES = 64 << 20;

/** What the bytes of an archive may become: `1 MiB` → `164 MiB`. */
export function unpackLimit(archiveBytes: number): number {
  return archiveBytes * MAX_RATIO + ALWAYS_ALLOWED_BYTES;
}

export async function unpackArchive({ kind, path, folder, name }: UnpackOptions): Promise<readonly Unpacked[]> {
  const limit = unpackLimit((await stat(path)).size);
  await diskWork(folder, () => mkdir(folder, { recursive: true }));
  const entries = kind === 'zip' ? readZip(path) : readTar(path, kind === 'tar.gz');
  const seen = new Set<string>();
  const unpacked: Unpacked[] = [];
  let bytes = 0;
  let count = 0;
  try {
    for await (const entry of entries) {
      if (++count > MAX_ENTRIES) throw new ArchiveRefusal(`has more than ${MAX_ENTRIES} entries`);
      const at = checkEntry(entry, seen);
      if (at === undefined) continue;
      const file = await writeEntry(entry, join(folder, at), limit - bytes);
      bytes += file.bytes;
      unpacked.push({ path: at, ...file });
    }
  } catch (error) {
    if (error instanceof ArchiveRefusal) throw new SourceError('ARTIFACT_INVALID', `The archive, ${name}, ${error.message}: nothing of it is served`);
    throw error;
  }
  return unpacked;
}

/** Where the entry goes; undefined for a folder, which is made when something is in it. */
function checkEntry({ path, kind }: ArchiveEntry, seen: Set<string>): string | undefined {
  const clean = path.replace(/^(\.\/)+/, '').replace(/\/+$/, '');
  if (kind === 'Folder' && (clean === '' || clean === '.')) return undefined;
  const shown = JSON.stringify(path.slice(0, 200));
  const reason = refusePath(clean);
  if (reason !== undefined) throw new ArchiveRefusal(`has an entry ${shown} that ${reason}`);
  if (kind === 'Link') throw new ArchiveRefusal(`has an entry ${shown} that is a link: put the file itself there`);
  if (kind === 'Other') throw new ArchiveRefusal(`has an entry ${shown} that is neither file nor folder`);
  if (kind === 'Folder') return undefined;
  if (seen.has(clean)) throw new ArchiveRefusal(`has two files called ${shown}`);
  seen.add(clean);
  return clean;
}

async function writeEntry(entry: ArchiveEntry, path: string, allowed: number): Promise<{ digest: string; bytes: number }> {
  const tooMuch = (): ArchiveRefusal =>
    new ArchiveRefusal(
      `becomes more than ${formatBytes(allowed)} with its entry ${JSON.stringify(entry.path.slice(0, 200))}, more than ${MAX_RATIO} times its size: a bomb?`,
    );
  if (entry.bytes > allowed) throw tooMuch();
  await makeFolder(dirname(path), entry);
  const sink = await FileSink.create(`${path}.partial`);
  try {
    await sink.reserve(entry.bytes);
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of entry.content) {
      bytes += chunk.length;
      if (bytes > allowed) throw tooMuch();
      hash.update(chunk);
      await sink.write(chunk);
    }
    await sink.commit(path);
    return { digest: `sha256:${hash.digest('hex')}`, bytes };
  } catch (error) {
    await sink.abandon();
    throw error;
  }
}

async function makeFolder(folder: string, { path }: ArchiveEntry): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    if (['ENOTDIR', 'EEXIST'].includes(errorCode(error)))
      throw new ArchiveRefusal(`has an entry ${JSON.stringify(path.slice(0, 200))} in what is a file`);
    throw error;
  }
}
