/**
 * The port without TLS. HTTP/2 clients begin with a fixed preface; what begins otherwise is a browser, curl or a probe that
 * took the port for an HTTP/1.1 one, and is told so in its own protocol instead of having its connection cut.
 */
import { Buffer } from 'node:buffer';
import { createServer, type Server, type Socket } from 'node:net';
import { PREFACE } from '../../lib/http2/protocol.js';

const BEGINNING = Buffer.from(PREFACE);
/** Enough to tell the preface from every method of HTTP/1.1: PRI is none. */
const TOLD_AFTER = 4;
const TEXT = 'This port speaks gRPC, which needs HTTP/2. The same models answer HTTP/1.1 on the REST port.\n';
const HTTP1_ANSWER = `HTTP/1.1 505 HTTP Version Not Supported\r\nContent-Type: text/plain\r\nContent-Length: ${TEXT.length}\r\nConnection: close\r\n\r\n${TEXT}`;

export interface PlainListenerOptions {
  readonly handshakeMs: number;
  /** With what was read of it already. */
  readonly onHttp2: (socket: Socket, begun: Buffer) => void;
  /** Absent: they are told that this port does not speak it. */
  readonly onHttp1: ((socket: Socket) => void) | undefined;
}

export function newPlainListener({ handshakeMs, onHttp2, onHttp1 = refuseHttp1 }: PlainListenerOptions): Server {
  return createServer({ noDelay: true }, (socket) => {
    const onTimeout = (): void => {
      socket.destroy();
    };
    const onReadable = (): void => {
      if (socket.readableLength > 0 && socket.readableLength < TOLD_AFTER) return;
      const begun: unknown = socket.read();
      if (!Buffer.isBuffer(begun)) return; // the end, without a byte
      socket.off('readable', onReadable);
      socket.off('error', onTimeout);
      clearTimeout(timer);
      const isHttp2 = begun.length >= TOLD_AFTER && BEGINNING.subarray(0, begun.length).equals(begun.subarray(0, BEGINNING.length));
      if (isHttp2) onHttp2(socket, begun);
      else {
        socket.unshift(begun);
        onHttp1(socket);
      }
    };
    const timer = setTimeout(onTimeout, handshakeMs).unref();
    socket.on('error', onTimeout);
    socket.on('readable', onReadable);
    socket.once('close', () => clearTimeout(timer));
  });
}

/** Says what the port speaks, in HTTP/1.1. */
export function refuseHttp1(socket: Socket): void {
  socket.on('error', () => socket.destroy());
  socket.end(HTTP1_ANSWER);
  socket.resume(); // a reset would overtake the answer if bytes were left unread
  setTimeout(() => socket.destroy(), 1000).unref();
}
