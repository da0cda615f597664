/**
 * digest → verified bytes on disk. All is fetched into a folder of its own; no byte is parsed or unpacked, and no file has its name
 * where models are served from, before the digest of the whole is right.
 */
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FETCH_RECORD_FILE, MODEL_FILE } from '../../../contract/paths.js';
import type { FetchedFile, FetchRecord } from '../../../contract/statusz.js';
import { diskWork, FileSink, STAGE, syncFolder } from './byte-sink.js';
import { download } from './download.js';
import { readFetchRecord, verifiedRecord, writeFetchRecord } from './fetch-record.js';
import { listingDigest } from './listing-digest.js';
import type { SourceContext } from './open-source.js';
import { pickFiles } from './pick-files.js';
import { ProgressMeter } from './progress.js';
import { redactText } from './redact.js';
import { movedOn } from './resolve-model.js';
import { refusePath } from './safe-path.js';
import { checkPinned } from './source-flags.js';
import { openTarget, type Target } from './target.js';
import { unpackArchive } from './unpack-archive.js';
import { WholeProgress } from './whole-progress.js';

export interface Fetched {
  readonly record: FetchRecord;
  /** True when the verified file was there already. */
  readonly reused: boolean;
}

const ARCHIVE = 'archive';
const UNPACKED = 'unpacked';

/** A file in the stage, and where it belongs. */
interface StagedFile extends FetchedFile {
  readonly from: string;
  readonly bytes: number;
}

export async function fetchModel(context: SourceContext, dest: string): Promise<Fetched> {
  const { flags, clock } = context;
  checkPinned(flags);
  const present = flags.digest === undefined ? undefined : await verifiedRecord(dest, flags.digest);
  if (present !== undefined) return { record: present, reused: true };
  const stage = join(dest, STAGE);
  await diskWork(dest, () => mkdir(dest, { recursive: true }));
  await removeOld(dest);
  const startedAt = clock.now();
  try {
    const target = await openTarget(context);
    const fetched = await fetchFiles(context, target, stage);
    const content = listingDigest(fetched);
    if (target.digest === undefined && flags.digest !== undefined && content !== flags.digest) throw movedOn(target, content, flags.digest);
    const files = target.archive === undefined ? fetched : await unpack(target, stage);
    await putInPlace(dest, files);
    const record = describe(context, { target, content, files, startedAt });
    await writeFetchRecord(dest, record);
    return { record, reused: false };
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

/** What an earlier fetch left: nothing of another model may lie beside this one. */
async function removeOld(dest: string): Promise<void> {
  const old = await readFetchRecord(dest);
  const paths = (old?.files ?? []).map(({ path }) => path).filter((path) => refusePath(path) === undefined);
  for (const path of [FETCH_RECORD_FILE, MODEL_FILE, ...paths]) await rm(join(dest, path), { force: true });
  await rm(join(dest, STAGE), { recursive: true, force: true });
}

async function fetchFiles({ retry, logger, clock }: SourceContext, { files, archive }: Target, stage: string): Promise<readonly StagedFile[]> {
  const meter = new ProgressMeter(clock.now, (told) => logger.info('Downloaded part of the model', { ...told }));
  const progress = new WholeProgress(
    meter,
    files.map(({ source }) => source.expectedBytes),
  );
  const staged: StagedFile[] = [];
  for (const { source, name, path } of files) {
    const from = join(stage, archive === undefined ? path : ARCHIVE);
    await diskWork(from, () => mkdir(dirname(from), { recursive: true }));
    const sink = await FileSink.create(`${from}.partial`);
    try {
      const got = await download(source, { sink, retry, meter: progress });
      await sink.commit(from);
      progress.next(got.bytes);
      staged.push({ name, path, from, ...got });
    } catch (error) {
      await sink.abandon();
      throw error;
    }
  }
  return staged;
}

/** Only what was verified is unpacked. */
async function unpack({ name, archive }: Target, stage: string): Promise<readonly StagedFile[]> {
  if (archive === undefined) return [];
  const folder = join(stage, UNPACKED);
  const unpacked = await unpackArchive({ kind: archive, path: join(stage, ARCHIVE), folder, name });
  await rm(join(stage, ARCHIVE));
  const picked = pickFiles({ name: `The archive, ${name},`, files: unpacked, scope: 'Folder' });
  return picked.map(({ file, ...names }) => ({ ...names, from: join(folder, file.path), digest: file.digest, bytes: file.bytes }));
}

/** The model itself is the last, and the first that a server looks for. */
async function putInPlace(dest: string, files: readonly StagedFile[]): Promise<void> {
  for (const { from, path } of files) {
    const to = join(dest, path);
    await diskWork(to, async () => {
      await mkdir(dirname(to), { recursive: true });
      await rename(from, to);
    });
  }
  await diskWork(dest, () => syncFolder(dest));
}

interface Result {
  readonly target: Target;
  readonly content: string;
  readonly files: readonly StagedFile[];
  readonly startedAt: number;
}

function describe({ flags, clock }: SourceContext, { target, content, files, startedAt }: Result): FetchRecord {
  const now = clock.now();
  const isPlain = files.length === 1;
  return {
    uri: redactText(flags.uriText),
    digest: target.digest ?? content,
    ...(target.sourceRevision === undefined ? {} : { sourceRevision: target.sourceRevision }),
    contentDigest: listingDigest(files),
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    format: 'onnx',
    verifiedAt: new Date(now).toISOString(),
    downloadSeconds: (now - startedAt) / 1000,
    ...(isPlain ? {} : { files: files.map(({ path, name, digest }) => ({ path, name, digest })) }),
  };
}
