import { expect, test } from '@jest/globals';
import { networkError } from './network-error.js';

const coded = (code: string, message = 'x') => Object.assign(new Error(message), { code });

test.each<[string, unknown, boolean, RegExp]>([
  ['no such host', coded('ENOTFOUND'), true, /host name not found: check the name and the DNS/],
  ['refused', coded('ECONNREFUSED'), true, /connection refused: nothing listens there/],
  ['reset', coded('ECONNRESET'), true, /connection reset by the other side/],
  ['no connection in time', coded('UND_ERR_CONNECT_TIMEOUT'), true, /connection timed out: check network policies and proxies/],
  ['no answer in time', coded('UND_ERR_HEADERS_TIMEOUT'), true, /no answer in time/],
  ['a stalled body', coded('UND_ERR_BODY_TIMEOUT'), true, /the transfer stalled/],
  [
    'an unknown authority',
    coded('UNABLE_TO_GET_ISSUER_CERT_LOCALLY'),
    false,
    /not signed by a known authority: give the CA with --ca-bundle, in the chart with caBundle\.configMap$/,
  ],
  ['an expired certificate', coded('CERT_HAS_EXPIRED'), false, /certificate has expired: renew it/],
  ['another name', coded('ERR_TLS_CERT_ALTNAME_INVALID'), false, /certificate is for another name/],
  [
    'plain HTTP where TLS was meant',
    coded('ERR_SSL_WRONG_VERSION_NUMBER'),
    false,
    /does not speak TLS.*--plain-http, in the chart with plainHttpHosts$/,
  ],
  ['a cause deeper down', new Error('fetch failed', { cause: coded('ECONNREFUSED') }), true, /connection refused/],
  ['one of several addresses', new AggregateError([coded('ENETUNREACH'), coded('ECONNREFUSED')], ''), true, /network unreachable/],
  ['a proxy that refuses', new Error('Proxy response (403) !== 200 when HTTP Tunneling'), false, /the proxy answered 403: check HTTPS_PROXY/],
  ['a proxy that wants credentials', new Error('Proxy response (407) !== 200 when HTTP Tunneling'), false, /the proxy wants credentials \(407\)/],
  ['a proxy that is broken', new Error('Proxy response (502) !== 200 when HTTP Tunneling'), true, /the proxy answered 502/],
  ['anything else', new Error('odd'), true, /: odd$/],
  ['no error at all', 'odd', true, /: odd$/],
])('%s', (_name, cause, transient, want) => {
  const error = networkError(cause, 'registry.local', undefined);
  expect(error).toMatchObject({ code: 'SOURCE_UNREACHABLE', transient, cause });
  expect(error.message).toMatch(want);
  expect(error.message).toMatch(/^Could not reach "registry\.local": /);
});

test('names the proxy in between', () => {
  expect(networkError(coded('ECONNREFUSED'), 'registry.local', 'proxy:3128').message).toBe(
    'Could not reach "registry.local" through the proxy "proxy:3128": connection refused: nothing listens there',
  );
});

test('a chain of causes that goes round ends', () => {
  const error = new Error('round');
  error.cause = error;
  expect(networkError(error, 'h', undefined).message).toContain('round');
});
