/** An HTTP status that is no success, as a SourceError that names host, path, status and fix. */
import { readS3Error } from './bucket-listing.js';
import { readLimited } from './limited-body.js';
import { redactText, redactUrl } from './redact.js';
import { SourceError } from './source-error.js';
import { discard, type HttpResponse } from './transport.js';

export interface StatusContext {
  /** What was asked for: `manifest of "models/reader:4"`. */
  readonly what: string;
  /** Where it was asked for, before redirects to storage hosts. */
  readonly host: string;
  /** What to do about 401 and 403. */
  readonly authHint: string;
  /** What to do about 404. */
  readonly missingHint: string;
}

/** Takes the body of the answer too: a registry says there what it misses. */
export async function statusError(response: HttpResponse, context: StatusContext): Promise<SourceError> {
  const words = await serverWords(response);
  const path = redactUrl(response.url).replace(/^https?:\/\//, '');
  const head = `"${context.host}" answered ${response.status} for the ${context.what} (${path})${words}`;
  const { status } = response;
  if (status === 401 || status === 403 || status === 407) return new SourceError('SOURCE_UNAUTHORIZED', `${head}: ${context.authHint}`);
  if (status === 404 || status === 410) return new SourceError('SOURCE_NOT_FOUND', `${head}: ${context.missingHint}`);
  const transient = status >= 500 || status === 429 || status === 408;
  const retryAfterMs = parseRetryAfter(response.header('retry-after'));
  return new SourceError('SOURCE_UNREACHABLE', head, { transient, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
}

/** Seconds only; a date would need a clock that agrees with the server's. */
export function parseRetryAfter(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,6}$/.test(header.trim()) ? Number(header) * 1000 : undefined;
}

/** The first error of an OCI answer, `{"errors":[{"code","message"}]}`, a hub's `{"error"}` or S3's XML; nothing for anything else (HTML pages). */
async function serverWords(response: HttpResponse): Promise<string> {
  const type = response.header('content-type') ?? '';
  if (type.includes('xml')) return quoted(readS3Error(await readText(response)));
  if (!type.includes('json')) {
    await discard(response);
    return '';
  }
  try {
    const body: unknown = JSON.parse(await readText(response));
    if (typeof body !== 'object' || body === null) return '';
    const errors: unknown = 'errors' in body ? body.errors : 'error' in body ? [{ message: body.error }] : [];
    const [first]: unknown[] = Array.isArray(errors) ? errors : [];
    if (typeof first !== 'object' || first === null) return '';
    const parts = ['code' in first ? first.code : undefined, 'message' in first ? first.message : undefined];
    const text = parts.filter((part) => typeof part === 'string' && part !== '').join(': ');
    return quoted(text);
  } catch {
    return ''; // the status says enough
  }
}

async function readText(response: HttpResponse): Promise<string> {
  return readLimited(response, 16_384, 'error').then(String, () => ''); // the status says enough
}

function quoted(text: string | undefined): string {
  return text === undefined || text === '' ? '' : `, "${redactText(text).slice(0, 200)}"`;
}
