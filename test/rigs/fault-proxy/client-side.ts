/** One request of a client, over HTTP/2 or HTTP/1.1 alike: its answer, piece by piece, and the ways to spoil it. */
import { constants, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';

const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** Of one hop, or remade for it. */
const HOP_HEADERS = ['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'te', 'host', 'authorization', 'accept-encoding', 'content-length'];

export class ClientSide {
  /** Aborts when the client has gone. */
  readonly gone: AbortSignal;
  readonly #request: Http2ServerRequest;
  readonly #response: Http2ServerResponse;

  readonly #cutConnection: (remotePort: number) => void;
  readonly #remotePort: number;

  /** `cutConnection` ends the TCP connection whose other end has that port. */
  constructor(request: Http2ServerRequest, response: Http2ServerResponse, cutConnection: (remotePort: number) => void) {
    this.#request = request;
    this.#response = response;
    this.#cutConnection = cutConnection;
    this.#remotePort = (request.stream?.session?.socket ?? request.socket).remotePort ?? 0;
    const gone = new AbortController();
    this.gone = gone.signal;
    response.on('close', () => gone.abort());
    response.on('error', () => gone.abort());
    request.on('error', () => gone.abort());
  }

  get method(): string {
    return this.#request.method;
  }

  get target(): string {
    return this.#request.url;
  }

  get token(): string {
    return /^Bearer (.+)$/.exec(this.#request.headers.authorization ?? '')?.[1] ?? '';
  }

  /** Port of this connection's other end, which is the relay's. */
  get remotePort(): number {
    return this.#remotePort;
  }

  /** Without what is of this hop alone. */
  get headers(): Record<string, string> {
    const entries = Object.entries(this.#request.headers).filter(([name]) => !name.startsWith(':') && !HOP_HEADERS.includes(name));
    return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
  }

  async body(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of this.#request) {
      bytes += chunk.length;
      if (bytes > MAX_BODY_BYTES) throw new Error(`A request of more than ${MAX_BODY_BYTES} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  head(status: number, headers: Readonly<Record<string, string>>): void {
    if (this.gone.aborted) return;
    const kept = Object.entries(headers).filter(([name]) => name === 'content-length' || !HOP_HEADERS.includes(name));
    this.#response.writeHead(status, Object.fromEntries(kept));
    // over HTTP/1.1 they would wait for the first byte, which a quiet watch has not
    if ('flushHeaders' in this.#response && typeof this.#response.flushHeaders === 'function') this.#response.flushHeaders();
  }

  /** Resolves when there is room for more. */
  async write(chunk: Uint8Array | string): Promise<void> {
    if (this.gone.aborted || this.#response.write(chunk)) return;
    await new Promise<void>((resolve) => {
      this.#response.once('drain', resolve);
      this.#response.once('close', resolve);
    });
  }

  end(): void {
    if (!this.gone.aborted) this.#response.end();
  }

  json(status: number, text: string, headers: Readonly<Record<string, string>> = {}): void {
    this.head(status, { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)), ...headers });
    if (!this.gone.aborted) this.#response.end(text);
  }

  /** Ends the client's connection, with whatever else goes over it, as a network does: node:http2 is not asked to. */
  cut(): void {
    this.#cutConnection(this.#remotePort);
  }

  /** Ends this call alone, where the protocol knows calls apart. */
  reset(): void {
    if (this.gone.aborted) return;
    const { stream } = this.#request;
    if (stream === undefined) this.#request.socket.destroy();
    else stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  async untilGone(): Promise<void> {
    if (this.gone.aborted) return;
    await new Promise<void>((resolve) => this.gone.addEventListener('abort', () => resolve(), { once: true }));
  }
}
