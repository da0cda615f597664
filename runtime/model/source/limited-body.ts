/** Small answers (manifests, tokens) are read whole, but never more of them than they may be. */
import { networkError } from './network-error.js';
import { SourceError } from './source-error.js';
import type { HttpResponse } from './transport.js';

export async function readLimited(response: HttpResponse, limit: number, what: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response.body) {
      const part = toBuffer(chunk);
      bytes += part.length;
      if (bytes > limit)
        throw new SourceError('ARTIFACT_INVALID', `The ${what} from "${response.url.host}" is larger than ${limit} bytes: it is no ${what}`);
      chunks.push(part);
    }
  } catch (error) {
    throw error instanceof SourceError ? error : networkError(error, response.url.host, undefined);
  }
  return Buffer.concat(chunks);
}

/** Streams type their chunks as unknown; ours are bytes. */
export function toBuffer(chunk: unknown): Buffer {
  if (chunk instanceof Uint8Array) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  return Buffer.from(String(chunk));
}
