/** A small HTTP server: listens, answers through one function, closes without waiting for idle connections. */
import { createServer, type IncomingMessage, type Server } from 'node:http';

export interface HttpAnswer {
  readonly status: number;
  readonly contentType?: string;
  readonly body: string;
}

export type HttpHandler = (request: IncomingMessage, path: string) => HttpAnswer | Promise<HttpAnswer>;

export class HttpServer {
  readonly #server: Server;

  /** `what` names the server in errors. `onUnknown` hears what the handler threw; the client gets a 500 without text. */
  constructor(
    readonly what: string,
    handler: HttpHandler,
    onUnknown: (error: unknown) => void,
  ) {
    this.#server = createServer((request, response) => {
      const path = new URL(request.url ?? '/', 'http://localhost').pathname;
      const handled = (async () => await handler(request, path))();
      handled
        .catch((error: unknown) => {
          onUnknown(error);
          return { status: 500, body: '' } satisfies HttpAnswer;
        })
        .then((answer: HttpAnswer) => {
          response.writeHead(answer.status, { 'content-type': answer.contentType ?? 'text/plain; charset=utf-8' });
          response.end(answer.body);
        });
    });
  }

  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error) =>
        reject(new Error(`Could not listen on ${host} port ${port} for ${this.what}: ${error.message}`, { cause: error })),
      );
      this.#server.listen(port, host, () => {
        const address = this.#server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  }

  /** Resolves when the answers in flight are sent. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeIdleConnections();
    });
  }
}

export function answerJson(status: number, value: unknown): HttpAnswer {
  return { status, contentType: 'application/json', body: `${JSON.stringify(value)}\n` };
}
