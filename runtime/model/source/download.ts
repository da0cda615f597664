/**
 * Streams bytes to a sink and hashes them on the way. A stream that breaks is taken up again where it broke (Range), from the
 * start where the server cannot. Memory stays that of one chunk, whatever the size.
 */
import type { ByteSink } from './byte-sink.js';
import { type ContentDigests, ContentHash } from './content-hash.js';
import { toBuffer } from './limited-body.js';
import { networkError } from './network-error.js';
import type { ProgressMeter } from './progress.js';
import { backoffMs, DEFAULT_ATTEMPTS, exhausted, type RetryPolicy } from './retry.js';
import { SourceError } from './source-error.js';
import { drop, type HttpResponse } from './transport.js';

export interface ByteSource {
  /** For messages: `model "reader.onnx" from "host"`. */
  readonly name: string;
  readonly host: string;
  /** Size that the manifest promises. */
  readonly expectedBytes?: number;
  /** What the bytes must hash to; others are refused. */
  readonly expected?: ExpectedContent;
  /** 200 or 206, 416 where the server has nothing from `offset` on, or a thrown SourceError. `validator` is the ETag of the first answer. */
  open(offset: number, validator: string | undefined): Promise<HttpResponse>;
  /** Whether bytes at an offset are the same in two answers without an ETag: true where a digest names them. */
  readonly immutable: boolean;
}

export interface ExpectedContent {
  readonly digest?: string;
  /** What git calls the bytes; needs `expectedBytes`. */
  readonly gitBlob?: string;
  /** Why it may be otherwise, for messages. */
  readonly hint: string;
}

/** Statuses that `download` understands; 416 can only be the fault of the offset. */
export function isContent(status: number, offset: number): boolean {
  return status === 200 || status === 206 || (status === 416 && offset > 0);
}

export interface DownloadOptions {
  readonly sink: ByteSink;
  readonly retry: RetryPolicy;
  readonly meter: Pick<ProgressMeter, 'update'>;
}

export interface Downloaded {
  readonly digest: string;
  readonly bytes: number;
}

/** A broken stream that got this much further does not count as another failure. */
const PROGRESS_BYTES = 1 << 20;

interface State {
  hash: ContentHash;
  offset: number;
  /** Furthest offset ever reached, so that a server that always breaks cannot keep us for ever. */
  furthest: number;
  validator: string | undefined;
  failures: number;
}

export async function download(source: ByteSource, options: DownloadOptions): Promise<Downloaded> {
  const state: State = { hash: newHash(source), offset: 0, furthest: 0, validator: undefined, failures: 0 };
  for (;;) {
    try {
      await pump(source, options, state);
      return verified(source, state.hash.digests(), state.offset);
    } catch (error) {
      await waitBeforeRetry(error, options.retry, state);
    }
  }
}

function newHash({ expected, expectedBytes }: ByteSource): ContentHash {
  return new ContentHash(expected?.gitBlob === undefined ? undefined : expectedBytes);
}

function verified({ name, host, expected }: ByteSource, got: ContentDigests, bytes: number): Downloaded {
  const { digest } = got;
  if (expected === undefined) return { digest, bytes };
  const [has, wanted] =
    expected.digest === undefined ? [`git blob ${got.gitBlob}`, `git blob ${expected.gitBlob}`] : [`digest ${digest}`, expected.digest];
  if ((expected.digest ?? digest) === digest && expected.gitBlob === got.gitBlob) return { digest, bytes };
  throw new SourceError('DIGEST_MISMATCH', `The ${name} from "${host}" has the ${has} (${bytes} bytes), ${wanted} was asked for: ${expected.hint}`);
}

async function waitBeforeRetry(error: unknown, retry: RetryPolicy, state: State): Promise<void> {
  if (!(error instanceof SourceError) || !error.transient) throw error;
  state.failures = state.offset >= state.furthest + PROGRESS_BYTES ? 1 : state.failures + 1;
  state.furthest = Math.max(state.furthest, state.offset);
  if (state.failures >= (retry.attempts ?? DEFAULT_ATTEMPTS)) throw exhausted(error, state.failures);
  const waitMs = backoffMs(state.failures, error.retryAfterMs);
  retry.onRetry?.(error, waitMs);
  await retry.clock.sleep(waitMs, retry.signal);
  retry.signal?.throwIfAborted();
}

/** One answer from its first byte to its last. */
async function pump(source: ByteSource, options: DownloadOptions, state: State): Promise<void> {
  const { sink, meter } = options;
  const resumable = source.immutable || state.validator !== undefined;
  const response = await source.open(resumable ? state.offset : 0, state.validator);
  await alignWith(response, { source, sink, state });
  checkEncoding(response, source);
  state.validator = strongEtag(response.header('etag'));
  const total = totalBytes(response);
  checkSize(total, source);
  if (total !== undefined) await sink.reserve(total - state.offset);
  try {
    for await (const piece of response.body) {
      const chunk = toBuffer(piece);
      checkSize(state.offset + chunk.length, source, true);
      state.hash.update(chunk);
      await sink.write(chunk);
      state.offset += chunk.length;
      meter.update(state.offset, total ?? source.expectedBytes);
    }
  } catch (error) {
    if (error instanceof SourceError || options.retry.signal?.aborted === true) throw error;
    if (state.offset === source.expectedBytes) return; // every byte came, only the end of the answer was lost
    throw networkError(error, source.host, undefined);
  }
  const wanted = source.expectedBytes ?? total;
  if (wanted !== undefined && state.offset < wanted) {
    throw new SourceError('SOURCE_UNREACHABLE', `"${source.host}" sent ${state.offset} of ${wanted} bytes of the ${source.name}`, {
      transient: true,
    });
  }
}

/** Brings hash and sink to where this answer begins. */
async function alignWith(response: HttpResponse, { source, sink, state }: { source: ByteSource; sink: ByteSink; state: State }): Promise<void> {
  const start = response.status === 206 ? Number(/^bytes (\d+)-/.exec(response.header('content-range') ?? '')?.[1] ?? Number.NaN) : 0;
  const refusal = refuseRange(response, start, state);
  if (refusal === undefined && start === state.offset) return;
  state.furthest = Math.max(state.furthest, state.offset);
  state.offset = 0;
  state.hash = newHash(source);
  await sink.restart();
  if (refusal === undefined) return;
  drop(response);
  state.validator = undefined;
  throw new SourceError('SOURCE_UNREACHABLE', `"${response.url.host}" ${refusal}`, { transient: true });
}

/** Why an answer cannot be joined to what is there already; the next try then begins anew. */
function refuseRange(response: HttpResponse, start: number, state: State): string | undefined {
  if (response.status === 416) return `has nothing from byte ${state.offset} on`;
  if (start !== 0 && start !== state.offset) return 'answered with another range than was asked for';
  const etag = strongEtag(response.header('etag'));
  if (start === 0 || etag === undefined || state.validator === undefined || etag === state.validator) return undefined;
  return 'has another file now than it had when the transfer began';
}

function checkEncoding(response: HttpResponse, source: ByteSource): void {
  const encoding = response.header('content-encoding');
  if (encoding === undefined || encoding === '' || encoding.toLowerCase() === 'identity') return;
  drop(response);
  throw new SourceError('ARTIFACT_INVALID', `"${source.host}" sends the ${source.name} with Content-Encoding ${encoding}: serve the file as it is`);
}

function checkSize(bytes: number | undefined, source: ByteSource, streaming = false): void {
  const { expectedBytes } = source;
  if (expectedBytes === undefined || bytes === undefined || (streaming ? bytes <= expectedBytes : bytes === expectedBytes)) return;
  throw new SourceError(
    'DIGEST_MISMATCH',
    `"${source.host}" has ${streaming ? 'more than ' : ''}${bytes} bytes for the ${source.name}, its manifest says ${expectedBytes}`,
  );
}

/** Size of the whole, wherever this answer begins and ends in it. */
function totalBytes(response: HttpResponse): number | undefined {
  const text = response.status === 206 ? /\/(\d+)$/.exec(response.header('content-range') ?? '')?.[1] : response.header('content-length');
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Weak validators promise the same meaning, not the same bytes. */
function strongEtag(etag: string | undefined): string | undefined {
  return etag?.startsWith('"') === true ? etag : undefined;
}
