/** A small HTTP server: listens, answers through one function, closes without waiting for idle connections. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';

export interface HttpAnswer {
  readonly status: number;
  readonly contentType?: string;
  /** Further headers. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  /** Called once, when the client has taken all of the answer or has gone. */
  readonly onEnd?: () => void;
}

export type HttpHandler = (request: IncomingMessage, path: string) => HttpAnswer | Promise<HttpAnswer>;

/** PEM. */
export interface HttpTls {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Present: clients must show a certificate that one of these signed. */
  readonly ca?: Buffer;
}

export class HttpServer {
  readonly #server: Server | TlsServer;
  #isClosing = false;

  /** `what` names the server in errors. `onUnknown` hears what the handler threw; the client gets a 500 without text. */
  constructor(
    readonly what: string,
    handler: HttpHandler,
    onUnknown: (error: unknown) => void,
    tls?: HttpTls,
  ) {
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
      const path = readPath(request.url ?? '/');
      let isClosed = false;
      response.once('close', () => {
        isClosed = true;
      });
      const handled = (async () => await handler(request, path))();
      handled
        .catch((error: unknown) => {
          onUnknown(error);
          return { status: 500, body: '' } satisfies HttpAnswer;
        })
        .then((reply: HttpAnswer) => {
          if (isClosed) {
            reply.onEnd?.();
            return;
          }
          if (reply.onEnd !== undefined) response.once('close', reply.onEnd);
          response.writeHead(reply.status, {
            'content-type': reply.contentType ?? 'text/plain; charset=utf-8',
            'content-length': Buffer.byteLength(reply.body),
            ...(this.#isClosing ? { connection: 'close' } : {}),
            ...reply.headers,
          });
          response.end(reply.body);
        });
    };
    this.#server = tls === undefined ? createServer(answer) : createTlsServer(newTlsOptions(tls), answer);
  }

  /** For the connections to come. Nothing happens on a server without TLS. */
  setTls(tls: HttpTls): void {
    if ('setSecureContext' in this.#server) this.#server.setSecureContext(newTlsOptions(tls));
  }

  /** `host` undefined: every address of the machine. Resolves with the port, which the system chooses when it is 0. */
  listen(host: string | undefined, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error) =>
        reject(new Error(`Could not listen on ${host ?? 'any address'}, port ${port} for ${this.what}: ${error.message}`, { cause: error })),
      );
      this.#server.listen(port, host, () => {
        const address = this.#server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  }

  /** Serves a connection that another server took. */
  accept(socket: Socket): void {
    this.#server.emit('connection', socket);
  }

  /** Resolves when the answers in flight are sent, or after `timeoutMs`: a client that sends or reads slowly is cut off. */
  close(timeoutMs = 1000): Promise<void> {
    this.#isClosing = true; // so that no kept connection outlives its answer
    return new Promise((resolve) => {
      const cutOff = setTimeout(() => this.#server.closeAllConnections(), timeoutMs);
      this.#server.close(() => {
        clearTimeout(cutOff);
        resolve();
      });
      this.#server.closeIdleConnections();
    });
  }
}

function newTlsOptions(tls: HttpTls) {
  const clients = tls.ca === undefined ? {} : { requestCert: true, rejectUnauthorized: true };
  return { ...tls, ...clients, minVersion: 'TLSv1.2' } as const;
}

/** The target without its query. Not `new URL`, which throws on targets that any client can send, such as "//". */
function readPath(target: string): string {
  return target.split(/[?#]/, 1)[0] ?? '/';
}

export function answerJson(status: number, value: unknown): HttpAnswer {
  return { status, contentType: 'application/json', body: `${JSON.stringify(value)}\n` };
}
