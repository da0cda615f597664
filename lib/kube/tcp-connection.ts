/**
 * What KubeTransport uses when nobody gives it a connection: HTTP/2 where the server speaks it, else HTTP/1.1. The server chooses in
 * the first TLS handshake; that it does not speak HTTP/2 is remembered as long as this connection lives. undici is loaded only then.
 */
import type { TlsMaterial } from './cluster-access.js';
import type { HttpAnswer, HttpCall, KubeConnection } from './connection.js';
import { H2Connection } from './h2-connection.js';
import { NotHttp2Error } from './h2-dial.js';

export class TcpConnection implements KubeConnection {
  readonly #server: string;
  readonly #tls: TlsMaterial;
  readonly #h2: H2Connection | undefined;
  #h1: Promise<KubeConnection> | undefined;
  #isRetired = false;
  #isDestroyed = false;

  constructor(server: string, tls: TlsMaterial) {
    this.#server = server;
    this.#tls = tls;
    this.#h2 = server.startsWith('https:') ? new H2Connection(server, tls) : undefined;
  }

  async exchange(call: HttpCall): Promise<HttpAnswer> {
    if (this.#isRetired) throw new Error('The connection takes no more calls');
    if (this.#h2 === undefined || this.#h1 !== undefined) return this.#exchangeOnH1(call);
    try {
      return await this.#h2.exchange(call);
    } catch (error) {
      if (!(error instanceof NotHttp2Error)) throw error;
      return this.#exchangeOnH1(call);
    }
  }

  retire(): void {
    this.#isRetired = true;
    this.#h2?.retire();
    this.#h1?.then((connection) => connection.retire()).catch(() => undefined);
  }

  async destroy(): Promise<void> {
    this.#isRetired = true;
    this.#isDestroyed = true;
    await this.#h2?.destroy();
    await (await this.#h1)?.destroy();
  }

  async #exchangeOnH1(call: HttpCall): Promise<HttpAnswer> {
    this.#h1 ??= openH1(this.#server, this.#tls);
    const connection = await this.#h1;
    if (this.#isDestroyed) throw new Error('The connection to the API server was closed');
    const answer = connection.exchange(call);
    if (this.#isRetired) connection.retire();
    return answer;
  }
}

async function openH1(server: string, tls: TlsMaterial): Promise<KubeConnection> {
  const { UndiciConnection } = await import('./undici-connection.js');
  return new UndiciConnection(server, tls);
}
