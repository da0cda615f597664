/** One blob to a registry: skipped when it is there, in one piece, or in chunks where something in between limits requests. */
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { statusError } from '../runtime/model/source/http-status.js';
import type { RegistryClient, RegistryRequest } from '../runtime/model/source/registry-client.js';
import { SourceError } from '../runtime/model/source/source-error.js';
import { discard, type HttpResponse } from '../runtime/model/source/transport.js';

export interface UploadBlob {
  readonly digest: string;
  readonly bytes: number;
  /** A piece of the content, `end` exclusive. */
  read(start: number, end: number): Buffer | Readable;
}

export interface UploadOptions {
  /** Largest request body; absent: one request, and chunks of 16 MiB only when that is refused as too large. */
  readonly chunkBytes?: number;
  readonly onBytes?: (bytes: number) => void;
}

const FALLBACK_CHUNK_BYTES = 16 << 20;
/** The specification says 202; some registries answer 204. */
const PATCHED = [202, 204] as const;

export function fileBlob(path: string, digest: string, bytes: number): UploadBlob {
  return {
    digest,
    bytes,
    read: (start, end) => (end > start ? createReadStream(path, { start, end: end - 1, highWaterMark: 1 << 20 }) : Buffer.alloc(0)),
  };
}

export function bufferBlob(content: Buffer, digest: string): UploadBlob {
  return { digest, bytes: content.length, read: (start, end) => content.subarray(start, end) };
}

/** True when bytes were sent, false when the registry had them. */
export async function uploadBlob(registry: RegistryClient, blob: UploadBlob, options: UploadOptions = {}): Promise<boolean> {
  const present = await registry.request(`blobs/${blob.digest}`, { method: 'HEAD' });
  await discard(present);
  if (present.status === 200) return false;
  if (options.chunkBytes !== undefined) {
    await uploadChunks(registry, blob, options.chunkBytes, options);
    return true;
  }
  const whole = await put(registry, await begin(registry), blob, 0, options);
  if (whole.status === 413) {
    await discard(whole);
    await uploadChunks(registry, blob, FALLBACK_CHUNK_BYTES, options);
    return true;
  }
  await expect(registry, whole, [201], blob);
  return true;
}

async function uploadChunks(registry: RegistryClient, blob: UploadBlob, chunkBytes: number, options: UploadOptions): Promise<void> {
  let location = await begin(registry);
  for (let start = 0; start < blob.bytes; start += chunkBytes) {
    const end = Math.min(blob.bytes, start + chunkBytes);
    const headers = { 'content-type': 'application/octet-stream', 'content-length': String(end - start), 'content-range': `${start}-${end - 1}` };
    const response = await registry.request(location, { method: 'PATCH', headers, body: body(blob, start, end, options) });
    await expect(registry, response, PATCHED, blob);
    location = nextLocation(registry, response);
  }
  await expect(registry, await put(registry, location, blob, blob.bytes, options), [201], blob);
}

async function begin(registry: RegistryClient): Promise<URL> {
  const response = await registry.request('blobs/uploads/', { method: 'POST', headers: { 'content-length': '0' } });
  if (response.status !== 202) throw await statusError(response, registry.context(`upload to "${registry.repository}"`));
  await discard(response);
  return nextLocation(registry, response);
}

/** Sends what is left from `start` on and closes the upload with its digest. */
function put(registry: RegistryClient, location: URL, blob: UploadBlob, start: number, options: UploadOptions): Promise<HttpResponse> {
  const url = new URL(location);
  url.searchParams.set('digest', blob.digest);
  const headers = { 'content-type': 'application/octet-stream', 'content-length': String(blob.bytes - start) };
  return registry.request(url, { method: 'PUT', headers, body: body(blob, start, blob.bytes, options) });
}

function body(blob: UploadBlob, start: number, end: number, options: UploadOptions): NonNullable<RegistryRequest['body']> {
  return () => {
    const content = blob.read(start, end);
    if (!(content instanceof Readable) || options.onBytes === undefined) return content;
    return Readable.from(counted(content, start, options.onBytes));
  };
}

async function* counted(content: Readable, start: number, onBytes: (bytes: number) => void): AsyncGenerator<Buffer> {
  let sent = start;
  for await (const chunk of content) {
    if (!(chunk instanceof Buffer)) throw new TypeError('A file stream gave something that is not bytes');
    sent += chunk.length;
    onBytes(sent);
    yield chunk;
  }
}

async function expect(registry: RegistryClient, response: HttpResponse, statuses: readonly number[], blob: UploadBlob): Promise<void> {
  if (!statuses.includes(response.status))
    throw await statusError(response, registry.context(`upload of ${blob.digest} to "${registry.repository}"`));
  await discard(response);
}

function nextLocation(registry: RegistryClient, response: HttpResponse): URL {
  const location = response.header('location');
  if (location !== undefined && URL.canParse(location, response.url.href)) return new URL(location, response.url);
  throw new SourceError('SOURCE_UNREACHABLE', `"${registry.registry}" accepted an upload without saying where to (no Location)`);
}
