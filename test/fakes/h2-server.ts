/** An HTTP/2 server over TLS on loopback that answers whatever a test says, misbehaviour included. */
import { createSecureServer, type IncomingHttpHeaders, type SecureServerOptions, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { KeyPair } from './certificates.js';

export type ServeStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

export class FakeH2Server {
  /** Sockets that are open. */
  readonly sockets = new Set<Socket>();
  readonly sessions = new Set<ServerHttp2Session>();
  readonly streams = new Set<ServerHttp2Stream>();
  /** Paths, in order. */
  readonly calls: string[] = [];
  /** Sockets that were ever opened, and streams that were open at once. */
  connections = 0;
  mostStreams = 0;
  readonly #server;
  #serve: ServeStream;
  #port = 0;

  constructor(pair: KeyPair, serve: ServeStream = answerOk, options: SecureServerOptions = {}) {
    this.#serve = serve;
    this.#server = createSecureServer({ ...pair, ...options });
    this.#server.on('connection', (socket: Socket) => {
      this.connections++;
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
    this.#server.on('session', (session) => {
      this.sessions.add(session);
      session.on('error', () => undefined);
      session.once('close', () => this.sessions.delete(session));
    });
    this.#server.on('stream', (stream, headers) => this.#take(stream, headers));
    this.#server.on('tlsClientError', () => undefined);
  }

  get url(): string {
    return `https://127.0.0.1:${this.#port}`;
  }

  answerWith(serve: ServeStream): void {
    this.#serve = serve;
  }

  /** On the port that it had before, if it had one. */
  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    const address = this.#server.address();
    this.#port = typeof address === 'object' && address !== null ? address.port : 0;
    return this;
  }

  /** The certificate of the connections to come. */
  present(pair: KeyPair): void {
    this.#server.setSecureContext(pair);
  }

  /** As a process that is killed. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  #take(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    this.calls.push(headers[':path'] ?? '');
    this.streams.add(stream);
    this.mostStreams = Math.max(this.mostStreams, this.streams.size);
    stream.on('error', () => undefined);
    stream.once('close', () => this.streams.delete(stream));
    this.#serve(stream, headers);
  }
}

function answerOk(stream: ServerHttp2Stream): void {
  stream.respond({ ':status': 200, 'content-type': 'application/json' });
  stream.end('{"ok":true}');
}
