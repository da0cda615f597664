/** uri → digest: for oci:// of the manifest, else the given one or that of the bytes, read as they come where the source does not name it. */
import { NULL_SINK } from './byte-sink.js';
import { download } from './download.js';
import { type HashedFile, listingDigest } from './listing-digest.js';
import type { SourceContext } from './open-source.js';
import { ProgressMeter } from './progress.js';
import { SourceError } from './source-error.js';
import { checkPinned } from './source-flags.js';
import { openTarget, type Target, type TargetFile } from './target.js';
import { WholeProgress } from './whole-progress.js';

export interface Resolved {
  readonly digest: string;
  readonly sourceRevision?: string;
  /** Of the model's bytes, where it is known without them. */
  readonly contentDigest?: string;
  readonly bytes?: number;
}

export async function resolveModel(context: SourceContext): Promise<Resolved> {
  const { flags } = context;
  checkPinned(flags);
  if (flags.digest !== undefined && (flags.uri.scheme === 'http' || flags.uri.scheme === 'https')) {
    return { digest: flags.digest, ...(await contentOf(context, flags.digest)) };
  }
  const target = await openTarget(context);
  const { files, bytes } = await hashFiles(context, target);
  const content = listingDigest(files);
  const digest = target.digest ?? content;
  if (target.digest === undefined && flags.digest !== undefined && content !== flags.digest) throw movedOn(target, content, flags.digest);
  return {
    digest,
    ...(target.sourceRevision === undefined ? {} : { sourceRevision: target.sourceRevision }),
    ...(target.archive === undefined ? { contentDigest: content, bytes } : {}),
  };
}

/** A URL that is pinned is not asked. */
async function contentOf(context: SourceContext, digest: string): Promise<{ contentDigest?: string }> {
  const { archive } = await openTarget(context);
  return archive === undefined ? { contentDigest: digest } : {};
}

/** Other files than the digest says. */
export function movedOn({ name, host, moves }: Target, got: string, wanted: string): SourceError {
  return new SourceError('DIGEST_MISMATCH', `The model ${name} from "${host}" has the digest ${got}, ${wanted} was asked for: ${moves}`);
}

interface Hashed {
  readonly files: readonly HashedFile[];
  readonly bytes: number;
}

/** Only what the source gives no SHA-256 of is read. */
async function hashFiles({ retry, logger, clock }: SourceContext, target: Target): Promise<Hashed> {
  const meter = new ProgressMeter(clock.now, (progress) => logger.info('Hashed part of the model', { ...progress }));
  const unknown = target.files.filter(({ source }) => knownDigest(source) === undefined);
  const progress = new WholeProgress(
    meter,
    unknown.map(({ source }) => source.expectedBytes),
  );
  const files: HashedFile[] = [];
  let bytes = 0;
  for (const { source, name } of target.files) {
    const known = knownDigest(source);
    const got = known ?? (await download(source, { sink: NULL_SINK, retry, meter: progress }));
    if (known === undefined) progress.next(got.bytes);
    files.push({ name, digest: got.digest });
    bytes += got.bytes;
  }
  return { files, bytes };
}

function knownDigest({ expected, expectedBytes }: TargetFile['source']): { digest: string; bytes: number } | undefined {
  return expected?.digest === undefined || expectedBytes === undefined ? undefined : { digest: expected.digest, bytes: expectedBytes };
}
