/** An HTTP server on loopback that answers whatever a test says, misbehaviour included. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { ClusterAccess } from '../../lib/kube/cluster-access.js';

export interface ServedCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export type ServeCall = (call: ServedCall, response: ServerResponse) => void;

export class FakeHttpServer {
  readonly calls: ServedCall[] = [];
  /** Connections that were ever opened. */
  connections = 0;
  readonly #server = createServer((request, response) => this.#answer(request, response));
  #serve: ServeCall;
  #url = '';

  constructor(serve: ServeCall) {
    this.#serve = serve;
    this.#server.on('connection', () => this.connections++);
  }

  get url(): string {
    return this.#url;
  }

  answerWith(serve: ServeCall): void {
    this.#serve = serve;
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    this.#url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    return this;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Lets KubeTransport in, with a bearer token that `token` gives. */
  access(token: () => string = () => 'test'): ClusterAccess {
    return { server: this.#url, namespace: 'default', credentials: async () => ({ tls: {}, headers: { authorization: `Bearer ${token()}` } }) };
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
      const body = Buffer.concat(chunks).toString('utf8');
      const call = { method: request.method ?? '', path: pathname, query: searchParams, headers: request.headers, body };
      this.calls.push(call);
      this.#serve(call, response);
    });
  }
}

export function answerJson(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** The Status object that an API server refuses with. */
export function answerStatus(response: ServerResponse, code: number, reason: string, message: string, headers: Record<string, string> = {}): void {
  answerJson(response, code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message }, headers);
}
