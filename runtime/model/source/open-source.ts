/** Builds what resolving and fetching share: connections, credentials and the byte source that a uri stands for. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Clock, SYSTEM_CLOCK } from '../../../lib/clock.js';
import type { Logger } from '../../../lib/logger.js';
import { basicHeader, type Credentials, NO_CREDENTIALS, pickCredentials, readSecretFiles } from './credentials.js';
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
  readonly retry: RetryPolicy;
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
  const credentials = await loadCredentials(flags);
  const transport = new Transport({
    env,
    plainHttp: flags.plainHttp,
    ...(caBundle === undefined ? {} : { caBundle }),
    ...(timeouts === undefined ? {} : { timeouts }),
  });
  const onRetry = (error: SourceError, waitMs: number) => logger.warn('Trying again', { reason: error.message, waitSeconds: waitMs / 1000 });
  return { flags, transport, credentials, retry: { clock, signal, onRetry }, logger, clock };
}

export function registryOf(context: SourceContext, uri: OciUri): RegistryClient {
  return new RegistryClient(context.transport, uri, { credentials: context.credentials, actions: 'pull', retry: context.retry });
}

/** The model's layer as bytes. */
export function layerSource(registry: RegistryClient, layer: ModelLayer): ByteSource {
  return {
    name: `model ${layer.digest} of "${registry.repository}"`,
    host: registry.registry,
    expectedBytes: layer.size,
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

async function loadCredentials(flags: SourceFlags): Promise<Credentials> {
  if (flags.credentials === undefined) return NO_CREDENTIALS;
  const files = await readSecretFiles(flags.credentials);
  return pickCredentials(files, sourceHost(flags.uri), flags.uri.scheme === 'oci' ? flags.uri.repository : '');
}

/** PEM text. */
export async function readCaBundle(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new SourceError('USAGE', `The CA bundle "${path}" cannot be read`, { cause });
  });
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new SourceError('USAGE', `The CA bundle "${path}" has no certificate in it: it must be PEM`);
}
