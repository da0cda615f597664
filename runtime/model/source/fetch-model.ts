/** digest → verified bytes on disk. No byte is parsed, and no file has the model's name, before its digest is right. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FETCH_RECORD_FILE, MODEL_FILE } from '../../../contract/paths.js';
import type { FetchRecord } from '../../../contract/statusz.js';
import { diskWork, FileSink } from './byte-sink.js';
import { type ByteSource, type Downloaded, download } from './download.js';
import { verifiedRecord, writeFetchRecord } from './fetch-record.js';
import { layerSource, registryOf, type SourceContext, urlSource } from './open-source.js';
import { ProgressMeter } from './progress.js';
import { redactText } from './redact.js';
import { resolveArtifact } from './resolve-model.js';
import { SourceError } from './source-error.js';
import { checkPinned } from './source-flags.js';

export interface Fetched {
  readonly record: FetchRecord;
  /** True when the verified file was there already. */
  readonly reused: boolean;
}

interface Target {
  readonly source: ByteSource;
  /** What the record and status call the model: the manifest's digest, or that of the bytes. Unknown before for unpinned URLs. */
  readonly digest?: string;
  /** What the bytes must hash to. */
  readonly contentDigest?: string;
}

export async function fetchModel(context: SourceContext, dest: string): Promise<Fetched> {
  const { flags } = context;
  checkPinned(flags);
  const present = flags.digest === undefined ? undefined : await verifiedRecord(dest, flags.digest);
  if (present !== undefined) return { record: present, reused: true };
  await diskWork(dest, () => mkdir(dest, { recursive: true }));
  await rm(join(dest, FETCH_RECORD_FILE), { force: true });
  await rm(join(dest, MODEL_FILE), { force: true });
  const startedAt = context.clock.now();
  const target = await findTarget(context);
  const got = await downloadVerified(context, target, join(dest, MODEL_FILE));
  const now = context.clock.now();
  const record: FetchRecord = {
    uri: redactText(flags.uriText),
    digest: target.digest ?? got.digest,
    contentDigest: got.digest,
    bytes: got.bytes,
    format: 'onnx',
    verifiedAt: new Date(now).toISOString(),
    downloadSeconds: (now - startedAt) / 1000,
  };
  await writeFetchRecord(dest, record);
  return { record, reused: false };
}

async function findTarget(context: SourceContext): Promise<Target> {
  const { flags } = context;
  if (flags.uri.scheme !== 'oci') {
    const pins = flags.digest === undefined ? {} : { digest: flags.digest, contentDigest: flags.digest };
    return { source: urlSource(context, flags.uri), ...pins };
  }
  const { digest, layer } = await resolveArtifact(context, flags.uri);
  return { source: layerSource(registryOf(context, flags.uri), layer), digest, contentDigest: layer.digest };
}

async function downloadVerified(context: SourceContext, target: Target, path: string): Promise<Downloaded> {
  const { retry, logger, clock } = context;
  const sink = await FileSink.create(`${path}.partial`);
  const meter = new ProgressMeter(clock.now, (progress) => logger.info('Downloaded part of the model', { ...progress }));
  try {
    const got = await download(target.source, { sink, retry, meter });
    if (target.contentDigest !== undefined && got.digest !== target.contentDigest) throw mismatch(target.source, got, target.contentDigest);
    await sink.commit(path);
    return got;
  } catch (error) {
    await sink.abandon();
    throw error;
  }
}

function mismatch(source: ByteSource, got: Downloaded, wanted: string): SourceError {
  return new SourceError(
    'DIGEST_MISMATCH',
    `The ${source.name} from "${source.host}" has the digest ${got.digest} (${got.bytes} bytes), ${wanted} was asked for: the file changed, or spec.model.digest is wrong`,
  );
}
