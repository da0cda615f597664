/** What an API server's answer says: JSON, or why not. */
import type { HttpAnswer } from './connection.js';
import { isRecord, readNumber, readRecord, readString } from './json.js';
import { KubeError } from './kube-error.js';

const MAX_ANSWER_BYTES = 128 * 1024 * 1024;

/** Throws a KubeError for every status but 2xx and for what is no JSON. `what` names the call. */
export async function readJson(answer: HttpAnswer, what: string): Promise<unknown> {
  if (answer.status < 200 || answer.status > 299) throw await readRefusal(answer, what);
  const text = await readText(answer.body);
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = `${what} was answered with something that is not JSON: ${text.slice(0, 100)}`;
    throw new KubeError(message, { code: 0, reason: 'BadAnswer', cause });
  }
}

/** A Status object says more than the HTTP status; a proxy in between sends none. */
export async function readRefusal({ status: code, headers, body }: HttpAnswer, what: string): Promise<KubeError> {
  const text = await readText(body);
  const status = parseOrNothing(text);
  const said = readString(status, 'message') ?? text.trim().slice(0, 200);
  const retryAfter = Number(headers['retry-after'] ?? readNumber(readRecord(status, 'details'), 'retryAfterSeconds'));
  return new KubeError(said === '' ? `${what} was answered with HTTP ${code}` : said, {
    code,
    reason: (isRecord(status) ? readString(status, 'reason') : undefined) ?? `HTTP${code}`,
    retryAfterMs: Number.isFinite(retryAfter) ? retryAfter * 1000 : undefined,
  });
}

function parseOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new KubeError(`The answer is larger than ${MAX_ANSWER_BYTES} bytes`, { code: 0, reason: 'BadAnswer' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
