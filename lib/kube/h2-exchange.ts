/** One call and its answer as one stream of an HTTP/2 session. */
import { type ClientHttp2Session, type ClientHttp2Stream, constants, type IncomingHttpHeaders, type IncomingHttpStatusHeader } from 'node:http2';
import type { HttpAnswer, HttpCall } from './connection.js';
import { readString } from './json.js';

/** The server has done nothing with the call, and said so: it may be sent again. */
export class UnprocessedError extends Error {
  override readonly name = 'UnprocessedError';
}

const { NGHTTP2_CANCEL, NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM } = constants;
const CODE_NAMES = new Map(
  Object.entries(constants).flatMap(([name, value]) =>
    /^NGHTTP2_[A-Z0-9_]+$/.test(name) && typeof value === 'number' ? [[value, name.slice(8)]] : [],
  ),
);

/** `onClosed` is called once, when the stream is the session's no more; also when the call could not even be sent. */
export function exchangeOnH2(session: ClientHttp2Session, call: HttpCall, onClosed: () => void): Promise<HttpAnswer> {
  let stream: ClientHttp2Stream;
  try {
    stream = session.request(headersOf(call), { endStream: call.body === undefined });
  } catch (cause) {
    onClosed();
    return Promise.reject(new UnprocessedError(`The call could not be sent: ${cause instanceof Error ? cause.message : cause}`, { cause }));
  }
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(new Error('The call was given up'));
      cancel(stream);
    };
    let failure: unknown;
    let isAnswered = false;
    stream.on('error', (error) => {
      failure = error;
    });
    stream.once('close', () => {
      call.signal.removeEventListener('abort', abort);
      onClosed();
      if (!isAnswered) reject(explain(stream, failure)); // an error with its stack for each call that went well would be a tenth of its cost
    });
    stream.once('response', (headers) => {
      isAnswered = true;
      resolve({ ...readHead(headers), body: readBody(stream, () => failure) });
    });
    if (call.body !== undefined) stream.end(call.body);
    if (call.signal.aborted) abort();
    else call.signal.addEventListener('abort', abort, { once: true });
  });
}

function headersOf({ method, target, headers, body }: HttpCall): Record<string, string | number> {
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  return { ...headers, ...length, ':method': method, ':path': target };
}

function readHead(headers: IncomingHttpHeaders & IncomingHttpStatusHeader): Omit<HttpAnswer, 'body'> {
  const texts = Object.entries(headers).flatMap(([name, value]) =>
    name.startsWith(':') ? [] : [[name, Array.isArray(value) ? value.join(', ') : value] as const],
  );
  return { status: headers[':status'] ?? 0, headers: Object.fromEntries(texts) };
}

/** Not the stream's own iterator: that takes a stream for broken which was closed before somebody began to read its last bytes. */
function readBody(stream: ClientHttp2Stream, failure: () => unknown): AsyncIterable<Uint8Array> {
  let wake = (): void => undefined;
  let isClosed = false;
  stream.on('readable', () => wake());
  stream.once('end', () => wake());
  stream.once('close', () => {
    isClosed = true;
    wake();
  });
  const next = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
    for (;;) {
      const chunk: Buffer | null = stream.read();
      if (chunk !== null) return { done: false, value: chunk };
      // a reset with CANCEL looks to Node like an end
      if (stream.readableEnded && stream.rstCode === NGHTTP2_NO_ERROR) return { done: true, value: undefined };
      if (stream.readableEnded || isClosed) throw explain(stream, failure());
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const stop = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
    cancel(stream);
    return { done: true, value: undefined };
  };
  return { [Symbol.asyncIterator]: () => ({ next, return: stop }) };
}

function cancel(stream: ClientHttp2Stream): void {
  if (!stream.closed) stream.close(NGHTTP2_CANCEL);
  stream.destroy();
}

/** `cause` is of the stream, or what the whole session died of: then nothing need be added to it. */
function explain(stream: ClientHttp2Stream, cause: unknown): unknown {
  if (stream.rstCode === NGHTTP2_REFUSED_STREAM) return new UnprocessedError('The server refused the call before doing anything', { cause });
  const code = readString(cause, 'code');
  if (cause !== undefined && code !== 'ERR_HTTP2_STREAM_ERROR') return cause;
  const name = CODE_NAMES.get(stream.rstCode ?? NGHTTP2_NO_ERROR) ?? String(stream.rstCode);
  return new Error(`The answer was cut off by the other end (HTTP/2 ${name})`, { cause });
}
