/** lib/http2 by itself, with nothing above it: each request, when it has ended, is answered with a body and trailers. */
import { createServer, type Server } from 'node:net';
import { OutputPool } from '../../lib/http2/output-pool.js';
import { DEFAULTS } from '../../lib/http2/protocol.js';
import { ServerSession, type SessionLimits, type SessionOwner } from '../../lib/http2/server-session.js';
import type { ServerStream, StreamListener } from '../../lib/http2/server-stream.js';

/** Windows and frames of the sizes that HTTP/2 begins with: what h2spec supposes of every server. */
const LIMITS: SessionLimits = {
  windowBytes: DEFAULTS.windowBytes,
  frameBytes: DEFAULTS.frameBytes,
  streams: 100,
  headerListBytes: 16 * 1024,
  headerPairs: 128,
  resetBurst: 100,
  resetsPerSecond: 100,
};
/** More bytes than the windows that h2spec begins with. */
const BODY = Buffer.from('slipway');

export class AnsweringServer {
  readonly #pool = new OutputPool();
  readonly #sessions = new Set<ServerSession>();
  readonly #listener: Server = createServer((socket) => {
    const session: ServerSession = new ServerSession(
      socket,
      LIMITS,
      this.#newOwner(() => this.#sessions.delete(session)),
      this.#pool,
    );
    this.#sessions.add(session);
  });

  /** Resolves with the port, of 127.0.0.1. */
  listen(): Promise<number> {
    return new Promise((resolve) => {
      this.#listener.listen(0, '127.0.0.1', () => {
        const address = this.#listener.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  }

  async close(): Promise<void> {
    for (const session of this.#sessions) session.destroy();
    await new Promise((resolve) => this.#listener.close(resolve));
  }

  #newOwner(onClose: () => void): SessionOwner {
    return {
      onStream: (stream) => {
        stream.listener = newAnswer(stream);
      },
      onPing: () => undefined,
      onBacklog: () => undefined,
      onHeld: () => true,
      onFault: () => undefined,
      onClose,
      nowMs: () => performance.now(),
    };
  }
}

function newAnswer(stream: ServerStream): StreamListener {
  return {
    onData: () => undefined,
    onEnd: () => {
      stream.respond([[':status', '200']]);
      stream.send(BODY);
      stream.finish([['x-trailer', 'last']]);
    },
    onSent: () => undefined,
    onClose: () => undefined,
  };
}
