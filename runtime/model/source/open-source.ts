/** Builds what resolving and fetching share: connections, credentials and the byte source that a uri stands for. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Clock, SYSTEM_CLOCK } from '../../../lib/clock.js';
import type { Logger } from '../../../lib/logger.js';
import { AWS_KEYS } from './aws-settings.js';
import { basicHeader, type Credentials, NO_CREDENTIALS, pickCredentials, readSecretFiles, readSecretKeys } from './credentials.js';
import { type ByteSource, isContent } from './download.js';
import { statusError } from './http-status.js';
import { type HttpUri, type OciUri, sourceHost } from './model-uri.js';
import type { ModelLayer } from './pick-layer.js';
import { isPlainHttp } from './plain-http.js';
import type { Environment } from './proxy.js';
import { authHint } from './registry-auth.js';
import { RegistryClient } from './registry-client.js';
import type { RetryPolicy } from './retry.js';
import { SourceError } from './source-error.js';
import type { SourceFlags } from './source-flags.js';
import { type Timeouts, Transport } from './transport.js';

export interface SourceContext {
  readonly flags: SourceFlags;
  readonly transport: Transport;
  readonly credentials: Credentials;
  /** What a mounted Secret says to AWS' tools. */
  readonly secret: Environment;
  readonly retry: RetryPolicy;
  readonly env: Environment;
  readonly logger: Logger;
  readonly clock: Clock;
}

export interface ContextOptions {
  readonly env: Environment;
  readonly logger: Logger;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly timeouts?: Partial<Timeouts>;
}

export async function openContext(flags: SourceFlags, options: ContextOptions): Promise<SourceContext> {
  const { env, logger, signal, timeouts, clock = SYSTEM_CLOCK } = options;
  const caBundle = flags.caBundle === undefined ? undefined : await readCaBundle(flags.caBundle);
  const { credentials, secret } = await loadSecret(flags);
  const transport = new Transport({
    env,
    plainHttp: flags.plainHttp,
    ...(caBundle === undefined ? {} : { caBundle }),
    ...(timeouts === undefined ? {} : { timeouts }),
  });
  const onRetry = (error: SourceError, waitMs: number) => logger.warn('Trying again', { reason: error.message, waitSeconds: waitMs / 1000 });
  return { flags, transport, credentials, secret, retry: { clock, signal, onRetry }, env, logger, clock };
}

export function registryOf(context: SourceContext, uri: OciUri): RegistryClient {
  return new RegistryClient(context.transport, uri, { credentials: context.credentials, actions: 'pull', retry: context.retry });
}

export const CHANGED = 'the file changed, or spec.model.digest is wrong';

/** The model's layer as bytes. */
export function layerSource(registry: RegistryClient, layer: ModelLayer): ByteSource {
  return {
    name: `model ${layer.digest} of "${registry.repository}"`,
    host: registry.registry,
    expectedBytes: layer.size,
    expected: { digest: layer.digest, hint: CHANGED },
    immutable: true,
    open: (offset) => registry.blob(layer.digest, offset),
  };
}

/** The file behind an http(s) URL as bytes. */
export function urlSource(context: SourceContext, uri: HttpUri): ByteSource {
  const name = `model "${basename(uri.url.pathname) || '/'}"`;
  return {
    name,
    host: uri.url.host,
    immutable: context.flags.digest !== undefined,
    ...(context.flags.digest === undefined ? {} : { expected: { digest: context.flags.digest, hint: CHANGED } }),
    open: async (offset, validator) => {
      const response = await context.transport.send({
        url: uri.url,
        headers: offset === 0 ? {} : { range: `bytes=${offset}-`, ...(validator === undefined ? {} : { 'if-range': validator }) },
        authorization: urlAuthorization(context, uri),
        signal: context.retry.signal,
      });
      if (isContent(response.status, offset)) return response;
      throw await statusError(response, {
        what: name,
        host: uri.url.host,
        authHint: authHint(context.credentials),
        missingHint: 'check the path of the URL',
      });
    },
  };
}

function urlAuthorization(context: SourceContext, uri: HttpUri): string | undefined {
  const { credentials } = context;
  if (credentials.kind === 'anonymous') return undefined;
  if (uri.scheme === 'http' && !isPlainHttp(uri.url.host, context.flags.plainHttp)) {
    throw new SourceError(
      'URI_INVALID',
      `The credentials of the Secret would go to "${uri.url.host}" unencrypted: use https://, or allow that host with --plain-http, in the chart with plainHttpHosts`,
    );
  }
  if (credentials.kind === 'basic') return basicHeader(credentials.username, credentials.password);
  return credentials.kind === 'token' ? `Bearer ${credentials.token}` : undefined; // a docker login's refresh token is for registries
}

async function loadSecret({ uri, credentials: folder }: SourceFlags): Promise<Pick<SourceContext, 'credentials' | 'secret'>> {
  if (folder === undefined) return { credentials: NO_CREDENTIALS, secret: {} };
  if (uri.scheme === 's3') return { credentials: NO_CREDENTIALS, secret: await readAwsSecret(folder) };
  const files = await readSecretFiles(folder);
  return { credentials: pickCredentials(files, sourceHost(uri), uri.scheme === 'oci' ? uri.repository : ''), secret: {} };
}

async function readAwsSecret(folder: string): Promise<Environment> {
  const secret = await readSecretKeys(folder, AWS_KEYS);
  if (Object.keys(secret).length > 0) return secret;
  throw new SourceError(
    'SOURCE_UNAUTHORIZED',
    `The Secret has none of the keys that S3 needs: put AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY there`,
  );
}

/** PEM text. */
export async function readCaBundle(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new SourceError('USAGE', `The CA bundle "${path}" cannot be read`, { cause });
  });
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new SourceError('USAGE', `The CA bundle "${path}" has no certificate in it: it must be PEM`);
}
