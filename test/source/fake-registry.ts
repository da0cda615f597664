/** A registry and web server on loopback that misbehaves as a test says: what no well-kept registry can be made to do. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly range: string | undefined;
}

/** True when it has answered; otherwise the registry does. */
export type Intercept = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

interface Content {
  readonly type: string;
  readonly bytes: Buffer;
}

export class FakeRegistry {
  readonly seen: Seen[] = [];
  intercept: Intercept = () => false;
  /** Whether it answers Range with 206. */
  hasRanges = true;
  readonly #contents = new Map<string, Content>();
  readonly #server: Server;

  private constructor(tls: TlsFiles | undefined) {
    const listener: RequestListener = (request, response) => this.#answer(request, response);
    this.#server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  }

  static async start(tls?: TlsFiles): Promise<FakeRegistry> {
    const registry = new FakeRegistry(tls);
    await new Promise<void>((resolve) => registry.#server.listen(0, '127.0.0.1', resolve));
    return registry;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** host:port */
  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** A file under a path, as a web server has it. */
  addFile(path: string, bytes: Buffer): string {
    this.#contents.set(path, { type: 'application/octet-stream', bytes });
    return digestOf(bytes);
  }

  /** An artifact of one layer; the digest is the manifest's. */
  addModel(repository: string, tag: string, model: Buffer): { digest: string; contentDigest: string } {
    const contentDigest = this.addFile(`/v2/${repository}/blobs/${digestOf(model)}`, model);
    const layer = { mediaType: 'application/vnd.cncf.model.weight.v1.raw', digest: contentDigest, size: model.length };
    return { contentDigest, digest: this.addManifest(repository, tag, { schemaVersion: 2, layers: [layer] }) };
  }

  addManifest(repository: string, tag: string, manifest: unknown): string {
    const bytes = Buffer.from(JSON.stringify(manifest));
    const content = { type: 'application/vnd.oci.image.manifest.v1+json', bytes };
    this.#contents.set(`/v2/${repository}/manifests/${tag}`, content);
    this.#contents.set(`/v2/${repository}/manifests/${digestOf(bytes)}`, content);
    return digestOf(bytes);
  }

  /** Between two tests. */
  reset(): void {
    this.seen.length = 0;
    this.hasRanges = true;
    this.intercept = () => false;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { method = '', url: path = '', headers } = request;
    this.seen.push({ method, path, authorization: headers.authorization, range: headers.range });
    if (this.intercept(request, response)) return;
    const content = this.#contents.get(path.replace(/\?.*$/, ''));
    if (content === undefined) {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"errors":[{"code":"NAME_UNKNOWN","message":"nothing is there"}]}');
      return;
    }
    this.#send(response, content, headers['if-range'] === undefined ? headers.range : undefined); // no ETag of ours can match
  }

  #send(response: ServerResponse, { type, bytes }: Content, range: string | undefined): void {
    const start = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    if (start >= bytes.length && start > 0) {
      response.writeHead(416).end();
      return;
    }
    const isPart = this.hasRanges && start > 0;
    const part = isPart ? bytes.subarray(start) : bytes;
    const headers = { 'content-type': type, 'content-length': part.length, ...(isPart ? rangeOf(start, bytes.length) : {}) };
    response.writeHead(isPart ? 206 : 200, headers).end(part);
  }
}

export function rangeOf(start: number, total: number): { 'content-range': string } {
  return { 'content-range': `bytes ${start}-${total - 1}/${total}` };
}

export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
