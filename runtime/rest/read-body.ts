/** A request's body, whole and inflated: bounded in bytes on the wire, in bytes inflated, and in the time that it may pause. */
import type { IncomingMessage } from 'node:http';
import type { BudgetHold } from '../core/byte-budget.js';
import { InferenceError, invalidArgument } from '../core/inference-error.js';
import { findInflate } from './inflate-body.js';
import { HttpRefusal } from './status.js';

export interface BodyLimits {
  readonly messageBytes: number;
  readonly bodyStallMs: number;
  /** Takes the bytes of the body as they arrive, and again as they are inflated. */
  readonly hold?: BudgetHold;
}

/** Rejects with HttpRefusal or InferenceError. What is left of a refused body is read and dropped, so that the connection lives on. */
export async function readBody(request: IncomingMessage, limits: BodyLimits): Promise<Uint8Array> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  const unpack = findInflate(encoding);
  if (unpack === undefined && encoding !== 'identity') {
    const known = ['gzip', 'deflate'];
    throw new HttpRefusal(415, `Content-Encoding "${encoding.slice(0, 32)}" is not known: send the body as it is, or with ${known.join(' or ')}`, {
      'accept-encoding': known.join(', '),
    });
  }
  if (Number(request.headers['content-length'] ?? 0) > limits.messageBytes) throw newTooLarge(limits.messageBytes, '');
  const body = await collect(request, limits);
  if (unpack === undefined) return body;
  try {
    const inflated = await unpack(body, limits.messageBytes);
    limits.hold?.take(inflated.byteLength);
    return inflated;
  } catch (cause) {
    if (cause instanceof InferenceError) throw cause;
    if (typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE')
      throw newTooLarge(limits.messageBytes, ' when inflated');
    throw invalidArgument(`the request's body is not ${encoding}, which Content-Encoding says`);
  }
}

function collect(request: IncomingMessage, { messageBytes, bodyStallMs, hold }: BodyLimits): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let size = 0;
  const stalled = setTimeout(() => {
    const message = `the request's body paused for ${bodyStallMs / 1000} s after ${size} bytes`;
    reject(new HttpRefusal(408, message, { connection: 'close' }));
  }, bodyStallMs);
  const keep = (chunk: Buffer): void => {
    try {
      hold?.take(chunk.byteLength);
      chunks.push(chunk);
    } catch (error) {
      chunks.length = 0;
      reject(error);
    }
  };
  const onData = (chunk: Buffer): void => {
    stalled.refresh();
    size += chunk.byteLength;
    if (size > messageBytes) reject(newTooLarge(messageBytes, ''));
    else keep(chunk);
  };
  const onEnd = (): void => resolve(Buffer.concat(chunks, size));
  const onClose = (): void => reject(new InferenceError('CANCELLED', 'The client went away before its request was whole'));
  request.on('data', onData).once('end', onEnd).once('close', onClose).once('error', onClose);
  return promise.finally(() => {
    clearTimeout(stalled);
    request.off('data', onData).off('end', onEnd).off('close', onClose);
    request.resume();
  });
}

function newTooLarge(limitBytes: number, when: string): HttpRefusal {
  return new HttpRefusal(413, `the request's body${when} is larger than the limit of ${limitBytes} bytes`);
}
