/** One side of TLS did not accept the other's certificate. */
import { isRecord } from './json.js';

const MAX_CAUSES = 5;

/** Of Node, from OpenSSL's verification: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const NOT_TRUSTED = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** The server's word on a client's certificate; after a handshake of TLS 1.3 it comes with the first read. */
const ALERT = /^ERR_SSL_(TLSV1[0-9]?|SSLV3)_ALERT_(UNKNOWN_CA|ACCESS_DENIED|.*CERTIFICATE.*)$/;

export function isTrustError(error: unknown): boolean {
  let at = error;
  for (let depth = 0; isRecord(at) && depth < MAX_CAUSES; depth++) {
    const code = at['code'];
    if (typeof code === 'string' && (NOT_TRUSTED.has(code) || ALERT.test(code))) return true;
    at = at['cause'];
  }
  return false;
}
