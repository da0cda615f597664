/** An API server of a few lines, to try the proxy on: one kind, writes that are counted, a watch that tells what a test pushes. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { makeServerIdentity } from './certificates.js';
import type { UpstreamOptions } from './upstream.js';

const TOKEN = 'upstream-token';
const IDENTITY = makeServerIdentity();

export class SmallUpstream {
  /** `METHOD path body`, of the writes. */
  readonly writes: string[] = [];
  /** Addresses that were asked for. */
  readonly reads: string[] = [];
  readonly #watches = new Set<ServerResponse>();
  readonly #server: Server;

  constructor() {
    const { cert, key } = IDENTITY;
    this.#server = createServer({ cert, key }, (request, response) => void this.#answer(request, response));
  }

  async start(): Promise<UpstreamOptions> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const { port } = this.#server.address() as AddressInfo;
    return { server: `https://127.0.0.1:${port}`, tls: { ca: IDENTITY.ca }, headers: { authorization: `Bearer ${TOKEN}` } };
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get watching(): number {
    return this.#watches.size;
  }

  push(line: string): void {
    for (const watch of this.#watches) watch.write(line);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    const json = (status: number, value: unknown) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (headers.authorization !== `Bearer ${TOKEN}`) return void json(401, {});
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (method !== 'GET') {
      this.writes.push(`${method} ${url} ${Buffer.concat(chunks).toString('utf8')}`);
      return void json(200, { kind: 'Pod', said: 'written' });
    }
    this.reads.push(url);
    if (url.includes('watch=')) {
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      this.#watches.add(response);
      response.on('close', () => this.#watches.delete(response));
      return;
    }
    json(200, { kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion: '41' }, items: [{ metadata: { name: 'a' } }] });
  }
}
