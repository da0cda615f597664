/** What went wrong below HTTP, in words that name the host and the fix. */
import { SourceError } from './source-error.js';

interface Explanation {
  readonly text: string;
  readonly transient: boolean;
}

const CA_HINT = 'its certificate is not signed by a known authority: give the CA with --ca-bundle, in the chart with caBundle.configMap';
const PLAIN_HINT = 'it does not speak TLS: if plain HTTP is meant, allow the host with --plain-http, in the chart with plainHttpHosts';

const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  ENOTFOUND: { text: 'host name not found: check the name and the DNS of this network', transient: true },
  EAI_AGAIN: { text: 'DNS did not answer', transient: true },
  ECONNREFUSED: { text: 'connection refused: nothing listens there', transient: true },
  ECONNRESET: { text: 'connection reset by the other side', transient: true },
  EHOSTUNREACH: { text: 'no route to the host: check network policies and proxies', transient: true },
  ENETUNREACH: { text: 'network unreachable: check network policies and proxies', transient: true },
  ETIMEDOUT: { text: 'connection timed out: check network policies and proxies', transient: true },
  UND_ERR_CONNECT_TIMEOUT: { text: 'connection timed out: check network policies and proxies', transient: true },
  UND_ERR_HEADERS_TIMEOUT: { text: 'no answer in time', transient: true },
  UND_ERR_BODY_TIMEOUT: { text: 'the transfer stalled', transient: true },
  UND_ERR_SOCKET: { text: 'connection closed by the other side', transient: true },
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: { text: 'connection closed before all bytes came', transient: true },
  DEPTH_ZERO_SELF_SIGNED_CERT: { text: CA_HINT, transient: false },
  SELF_SIGNED_CERT_IN_CHAIN: { text: CA_HINT, transient: false },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: { text: CA_HINT, transient: false },
  UNABLE_TO_GET_ISSUER_CERT: { text: CA_HINT, transient: false },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: { text: CA_HINT, transient: false },
  CERT_HAS_EXPIRED: { text: 'its certificate has expired: renew it, or check the clock of this machine', transient: false },
  CERT_NOT_YET_VALID: { text: 'its certificate is not valid yet: check the clock of this machine', transient: false },
  ERR_TLS_CERT_ALTNAME_INVALID: { text: 'its certificate is for another name: use a name that the certificate has', transient: false },
  ERR_SSL_WRONG_VERSION_NUMBER: { text: PLAIN_HINT, transient: false },
  ERR_SSL_PACKET_LENGTH_TOO_LONG: { text: PLAIN_HINT, transient: false },
  EPROTO: { text: 'the TLS handshake failed', transient: false },
};

/** `host` is where the bytes were asked for; `proxy` the host in between, if any. */
export function networkError(cause: unknown, host: string, proxy: string | undefined): SourceError {
  const via = proxy === undefined ? '' : ` through the proxy "${proxy}"`;
  const { text, transient } = explain(cause);
  return new SourceError('SOURCE_UNREACHABLE', `Could not reach "${host}"${via}: ${text}`, { cause, transient });
}

function explain(cause: unknown): Explanation {
  for (const { code, message } of errorChain(cause)) {
    const known = code === undefined ? undefined : EXPLANATIONS[code];
    if (known !== undefined) return known;
    const refused = /Proxy response \((\d+)\)/.exec(message)?.[1];
    if (refused === '407' || message.includes('Proxy Authentication Required')) {
      return { text: 'the proxy wants credentials (407): put them into HTTP_PROXY and HTTPS_PROXY', transient: false };
    }
    if (refused !== undefined)
      return { text: `the proxy answered ${refused}: check HTTPS_PROXY, its credentials and NO_PROXY`, transient: Number(refused) >= 500 };
  }
  return { text: cause instanceof Error ? cause.message : String(cause), transient: true };
}

interface Link {
  readonly code: string | undefined;
  readonly message: string;
}

/** The error, its causes and the parts of an AggregateError (happy eyeballs), outermost first. */
function errorChain(error: unknown, depth = 5): Link[] {
  if (typeof error !== 'object' || error === null || depth === 0) return [];
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const message = 'message' in error && typeof error.message === 'string' ? error.message : '';
  const parts: unknown[] = 'errors' in error && Array.isArray(error.errors) ? error.errors : [];
  const causes = 'cause' in error ? [error.cause, ...parts] : parts;
  return [{ code, message }, ...causes.flatMap((part) => errorChain(part, depth - 1))];
}
