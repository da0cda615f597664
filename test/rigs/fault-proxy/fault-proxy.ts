/**
 * An HTTPS server between any client and a real API server, over HTTP/2 and HTTP/1.1. It has an authority and tokens of its own, so
 * that it knows its clients apart and can rotate both. Calls pass unchanged and watches line by line, until a rule says otherwise.
 */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createSecureServer, type Http2SecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { CallLog } from './call-log.js';
import { makeServerIdentity, type ServerIdentity } from './certificates.js';
import { ClientSide } from './client-side.js';
import { describeCall } from './describe-call.js';
import { statusBody } from './fault.js';
import { FrontDoor } from './front-door.js';
import { type Rule, type RuleHandle, RuleSet } from './rule-set.js';
import { serveCall } from './serve-call.js';
import { VersionHistory } from './stale-reads.js';
import { Upstream, type UpstreamOptions } from './upstream.js';

export interface KubeconfigOptions {
  /** The client's name in rules and records. */
  readonly who: string;
  readonly file: string;
  /** Of the context. */
  readonly namespace?: string;
}

export class FaultProxy {
  readonly log = new CallLog();
  readonly versions: VersionHistory;
  readonly #rules = new RuleSet();
  readonly #upstream: Upstream;
  readonly #inner: Http2SecureServer;
  readonly #whoByToken = new Map<string, string>();
  #identity: ServerIdentity;
  #door: FrontDoor | undefined;

  private constructor(upstream: UpstreamOptions) {
    this.#upstream = new Upstream(upstream);
    this.versions = new VersionHistory(() => this.#upstream.currentVersion());
    this.#identity = makeServerIdentity();
    const { cert, key } = this.#identity;
    this.#inner = createSecureServer({ cert, key, allowHTTP1: true }, (request, response) => void this.#serve(request, response));
    this.#inner.on('sessionError', () => undefined); // clients may break off as they like
    this.#inner.on('tlsClientError', () => undefined);
  }

  static async start(upstream: UpstreamOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(upstream);
    await new Promise<void>((resolve) => proxy.#inner.listen(0, '127.0.0.1', resolve));
    proxy.#door = new FrontDoor((proxy.#inner.address() as AddressInfo).port);
    await proxy.#door.open();
    return proxy;
  }

  async stop(): Promise<void> {
    this.#rules.clear();
    await this.versions.stop();
    await this.door.shut();
    await new Promise((resolve) => this.#inner.close(resolve));
    await this.#upstream.close();
  }

  get url(): string {
    return `https://127.0.0.1:${this.door.port}`;
  }

  /** PEM of the authority that clients have to trust. */
  get ca(): string {
    return this.#identity.ca;
  }

  /** Sockets: counted, cut, silenced, refused. */
  get door(): FrontDoor {
    if (this.#door === undefined) throw new Error('The proxy was not started');
    return this.#door;
  }

  add(rule: Rule): RuleHandle {
    return this.#rules.add(rule);
  }

  clear(): void {
    this.#rules.clear();
  }

  /** Version of the whole store now. */
  currentVersion(): Promise<string> {
    return this.#upstream.currentVersion();
  }

  /** Everything is refused and what was open is cut, until the promise resolves. */
  async outage(ms: number): Promise<void> {
    await this.door.shut();
    await new Promise((resolve) => setTimeout(resolve, ms));
    await this.door.open();
  }

  /** A new token for that client; those that it had before get 401 from now on. */
  rotateToken(who: string): string {
    for (const [token, owner] of this.#whoByToken) if (owner === who) this.#whoByToken.delete(token);
    const token = randomBytes(16).toString('hex');
    this.#whoByToken.set(token, who);
    return token;
  }

  /** From now on the server's certificate is of another authority. Open connections end. Returns the new authority. */
  rotateAuthority(): string {
    this.#identity = makeServerIdentity();
    const { cert, key } = this.#identity;
    this.#inner.setSecureContext({ cert, key });
    this.door.cut();
    return this.#identity.ca;
  }

  /** Writes a kubeconfig with which that client comes through the proxy. */
  writeKubeconfig({ who, file, namespace }: KubeconfigOptions): void {
    const cluster = { server: this.url, 'certificate-authority-data': Buffer.from(this.ca).toString('base64') };
    const config = {
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': who },
      clusters: [{ name: 'proxy', cluster }],
      users: [{ name: who, user: { token: this.rotateToken(who) } }],
      contexts: [{ name: who, context: { cluster: 'proxy', user: who, ...(namespace === undefined ? {} : { namespace }) } }],
    };
    writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  }

  async #serve(request: Http2ServerRequest, response: Http2ServerResponse): Promise<void> {
    const client = new ClientSide(request, response, (port) => this.door.cutPort(port));
    const who = this.#whoByToken.get(client.token);
    if (who === undefined) return client.json(401, statusBody({ status: 401, reason: 'Unauthorized', message: 'Unauthorized' }));
    this.door.name(client.remotePort, who);
    try {
      const call = describeCall(who, client.method, client.target);
      const body = await client.body();
      const fault = this.#rules.take(call);
      const record = this.log.begin(call, fault?.kind);
      await serveCall({ call, client, body, record, upstream: this.#upstream }, fault);
    } catch {
      client.reset(); // the API server is away or cut its answer short, or the script did: the client sees an answer that breaks off
    }
  }
}
