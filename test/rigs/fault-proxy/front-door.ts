/**
 * TCP in front of the proxy's TLS: counts sockets, ends them all at once, refuses new ones, and lets them go silent. A silent socket
 * takes what comes and answers nothing, no PING and no FIN: only so can a test see whether a client notices.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

interface Link {
  readonly client: Socket;
  readonly inner: Socket;
  who: string;
}

export class FrontDoor {
  readonly #server: Server;
  readonly #links = new Set<Link>();
  readonly #innerPort: number;
  #port = 0;
  #accepted = 0;
  #most = 0;

  constructor(innerPort: number) {
    this.#innerPort = innerPort;
    this.#server = createServer((client) => this.#accept(client));
  }

  get port(): number {
    return this.#port;
  }

  get sockets(): { readonly open: number; readonly most: number; readonly accepted: number } {
    return { open: this.#links.size, most: this.#most, accepted: this.#accepted };
  }

  socketsOf(who: string): number {
    return [...this.#links].filter((link) => link.who === who).length;
  }

  /** At the port that it had before, if it had one. */
  async open(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#port, '127.0.0.1', () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Ends what is open; whoever connects is refused. */
  async shut(): Promise<void> {
    this.cut();
    if (!this.#server.listening) return;
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Ends the connections of that client, or all. */
  cut(who?: string): void {
    for (const link of this.#linksOf(who)) end(link);
  }

  /** Ends the connection that the inner server knows by that port. */
  cutPort(innerRemotePort: number): void {
    for (const link of this.#links) if (link.inner.localPort === innerRemotePort) end(link);
  }

  /** Connections that are open now, of that client or all, say nothing from now on. New ones work. */
  silence(who?: string): void {
    for (const { client, inner } of this.#linksOf(who)) {
      client.unpipe(inner);
      inner.unpipe(client);
      client.pause();
      inner.pause();
    }
  }

  /** Whose the connection is that the inner server knows by that port. */
  name(innerRemotePort: number, who: string): void {
    for (const link of this.#links) if (link.inner.localPort === innerRemotePort) link.who = who;
  }

  #linksOf(who: string | undefined): Link[] {
    return [...this.#links].filter((link) => who === undefined || link.who === who);
  }

  #accept(client: Socket): void {
    const link: Link = { client, inner: connect(this.#innerPort, '127.0.0.1'), who: '' };
    this.#links.add(link);
    this.#accepted++;
    this.#most = Math.max(this.#most, this.#links.size);
    for (const [one, other] of [
      [link.client, link.inner],
      [link.inner, link.client],
    ] as const) {
      one.setNoDelay(true);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        other.destroy();
        this.#links.delete(link);
      });
      one.pipe(other);
    }
  }
}

function end({ client, inner }: Link): void {
  client.destroy();
  inner.destroy();
}
