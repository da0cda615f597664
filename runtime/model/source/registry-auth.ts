/** Answers a registry's challenge: Basic at once, Bearer by way of the token endpoint (Docker's token protocol and OAuth 2). */
import type { Challenge } from './auth-challenge.js';
import { basicHeader, type Credentials } from './credentials.js';
import { statusError } from './http-status.js';
import { readLimited } from './limited-body.js';
import { isPlainHttp } from './plain-http.js';
import { SourceError } from './source-error.js';
import type { HttpRequest, Transport } from './transport.js';

export interface TokenRequest {
  readonly registry: string;
  readonly challenge: Challenge;
  readonly credentials: Credentials;
  /** Used when the challenge names none: `repository:models/reader:pull`. */
  readonly scope: string;
  readonly signal?: AbortSignal | undefined;
}

/** The Authorization header that answers the challenge, or undefined when there is nothing to answer with. */
export async function answerChallenge(transport: Transport, request: TokenRequest): Promise<string | undefined> {
  const { credentials, challenge } = request;
  if (credentials.kind === 'token') return `Bearer ${credentials.token}`;
  if (challenge.scheme === 'basic') return credentials.kind === 'basic' ? basicHeader(credentials.username, credentials.password) : undefined;
  const response = await transport.send(tokenRequest(request, realmOf(request, transport.plainHttp)));
  if (response.status !== 200) {
    throw await statusError(response, {
      what: 'token',
      host: response.url.host,
      authHint: authHint(credentials),
      missingHint: `"${request.registry}" names a token endpoint that does not exist`,
    });
  }
  return `Bearer ${tokenIn(await readLimited(response, 1 << 20, 'token'), response.url.host)}`;
}

/** What to do about 401 and 403, given what was tried. */
export function authHint(credentials: Credentials): string {
  if (credentials.kind === 'anonymous') return credentials.hint;
  return 'the credentials in the Secret are not accepted, or have no right to this repository';
}

function realmOf(request: TokenRequest, plainHttp: readonly string[]): URL {
  const realm = request.challenge.params['realm'] ?? '';
  if (!URL.canParse(realm)) throw new SourceError('SOURCE_UNREACHABLE', `"${request.registry}" names a token endpoint that is not a URL`);
  const url = new URL(realm);
  const allowed = url.protocol === 'https:' || (url.protocol === 'http:' && isPlainHttp(url.host, plainHttp));
  if (allowed) return url;
  throw new SourceError(
    'SOURCE_UNREACHABLE',
    `"${request.registry}" wants credentials sent to ${url.protocol}//${url.host}, which is not encrypted: if it is meant, allow that host with --plain-http, in the chart with plainHttpHosts`,
  );
}

function tokenRequest(request: TokenRequest, realm: URL): HttpRequest {
  const { credentials, challenge, signal } = request;
  const service = challenge.params['service'];
  const scope = challenge.params['scope'] ?? request.scope;
  if (credentials.kind === 'identity') {
    const form = new URLSearchParams({ grant_type: 'refresh_token', client_id: 'slipway', refresh_token: credentials.token, scope });
    if (service !== undefined) form.set('service', service);
    return { url: realm, method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: form.toString(), signal };
  }
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set('service', service);
  for (const one of scope.split(' ')) url.searchParams.append('scope', one);
  return { url, signal, authorization: credentials.kind === 'basic' ? basicHeader(credentials.username, credentials.password) : undefined };
}

function tokenIn(body: Buffer, host: string): string {
  try {
    const value: unknown = JSON.parse(body.toString());
    if (typeof value === 'object' && value !== null) {
      if ('token' in value && typeof value.token === 'string' && value.token !== '') return value.token;
      if ('access_token' in value && typeof value.access_token === 'string' && value.access_token !== '') return value.access_token;
    }
  } catch {
    // falls through: the body may hold a token, so it is not quoted
  }
  throw new SourceError('SOURCE_UNREACHABLE', `The token endpoint "${host}" answered without a token`, { transient: true });
}
