/** OCI distribution, as much of it as Slipway needs: manifests by tag or digest, blobs as streams, authenticated requests. */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { parseChallenge } from './auth-challenge.js';
import type { Credentials } from './credentials.js';
import { isContent } from './download.js';
import { type StatusContext, statusError } from './http-status.js';
import { readLimited } from './limited-body.js';
import { ACCEPT_MANIFESTS } from './media-types.js';
import { isDigest, type OciUri } from './model-uri.js';
import { isPlainHttp } from './plain-http.js';
import { answerChallenge, authHint } from './registry-auth.js';
import { type RetryPolicy, retrying } from './retry.js';
import { SourceError } from './source-error.js';
import { discard, type HttpRequest, type HttpResponse, type Transport } from './transport.js';

export interface Manifest {
  readonly bytes: Buffer;
  readonly digest: string;
}

export interface RegistryRequest {
  readonly method?: NonNullable<HttpRequest['method']>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Makes the body anew for each try: a challenge may come after the first. */
  readonly body?: () => Buffer | Readable;
}

export interface RegistryOptions {
  readonly credentials: Credentials;
  readonly actions: 'pull' | 'pull,push';
  readonly retry: RetryPolicy;
}

const MANIFEST_LIMIT = 4 << 20;

export class RegistryClient {
  readonly registry: string;
  readonly repository: string;
  private readonly base: URL;
  private authorization: string | undefined;

  constructor(
    private readonly transport: Transport,
    uri: OciUri,
    private readonly options: RegistryOptions,
  ) {
    this.registry = uri.registry;
    const hub = /^((index|registry-1)\.)?docker\.io$/.test(uri.registry);
    this.repository = hub && !uri.repository.includes('/') ? `library/${uri.repository}` : uri.repository;
    const scheme = isPlainHttp(uri.registry, transport.plainHttp) ? 'http' : 'https';
    this.base = new URL(`${scheme}://${hub ? 'registry-1.docker.io' : uri.registry}/v2/${this.repository}/`);
  }

  /** The manifest of a tag or digest, its bytes checked against the digest that was asked for or promised. */
  manifest(reference: string): Promise<Manifest> {
    const context = this.context(`manifest of "${this.repository}${isDigest(reference) ? '@' : ':'}${reference}"`);
    return retrying(this.options.retry, async () => {
      const response = await this.request(`manifests/${reference}`, { headers: { accept: ACCEPT_MANIFESTS } });
      if (response.status !== 200) throw await statusError(response, context);
      const bytes = await readLimited(response, MANIFEST_LIMIT, 'manifest');
      const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
      const wanted = isDigest(reference) ? reference : response.header('docker-content-digest');
      if (wanted !== undefined && isDigest(wanted) && wanted !== digest) {
        throw new SourceError(
          'DIGEST_MISMATCH',
          `"${this.registry}" answered for the ${context.what} with bytes whose digest is ${digest}, not ${wanted}: the registry or something in between changed them`,
        );
      }
      return { bytes, digest };
    });
  }

  /** A blob from `offset` on. The answer may be 200 (from the start), 206 or 416; anything else is thrown. */
  async blob(digest: string, offset: number): Promise<HttpResponse> {
    const response = await this.request(`blobs/${digest}`, offset > 0 ? { headers: { range: `bytes=${offset}-` } } : {});
    if (isContent(response.status, offset)) return response;
    throw await statusError(response, this.context(`blob ${digest} of "${this.repository}"`));
  }

  /** An authenticated request to a path below the repository, or to a URL that the registry gave. */
  async request(path: string | URL, init: RegistryRequest = {}): Promise<HttpResponse> {
    const first = await this.send(path, init);
    // After a redirect it is another host that asks: it gets neither the credentials nor a say in where they are sent.
    if (first.status !== 401 || first.url.origin !== this.base.origin) return first;
    const challenge = parseChallenge(first.header('www-authenticate'));
    if (challenge === undefined) return first;
    const { credentials, actions } = this.options;
    const scope = `repository:${this.repository}:${actions}`;
    const answer = await answerChallenge(this.transport, {
      registry: this.registry,
      challenge,
      credentials,
      scope,
      signal: this.options.retry.signal,
    });
    if (answer === undefined) return first;
    this.authorization = answer;
    await discard(first);
    return this.send(path, init);
  }

  context(what: string): StatusContext {
    return {
      what,
      host: this.registry,
      authHint: authHint(this.options.credentials),
      missingHint: 'check repository, tag and digest; a private registry may say 404 for what the credentials must not see',
    };
  }

  private send(path: string | URL, init: RegistryRequest): Promise<HttpResponse> {
    const url = new URL(path, this.base);
    return this.transport.send({
      url,
      method: init.method ?? 'GET',
      ...(init.headers === undefined ? {} : { headers: init.headers }),
      ...(init.body === undefined ? {} : { body: init.body() }),
      authorization: url.origin === this.base.origin ? this.authorization : undefined,
      signal: this.options.retry.signal,
    });
  }
}
