import { describe, expect, test } from '@jest/globals';
import { proxyFor } from './proxy.js';

const via = (url: string, env: Record<string, string>) => proxyFor(new URL(url), env)?.href;

describe('which variable', () => {
  test.each([
    ['https by HTTPS_PROXY', 'https://a.com/', { HTTPS_PROXY: 'http://p:1' }, 'http://p:1/'],
    ['http by HTTP_PROXY', 'http://a.com/', { HTTP_PROXY: 'http://p:1' }, 'http://p:1/'],
    ['https not by HTTP_PROXY', 'https://a.com/', { HTTP_PROXY: 'http://p:1' }, undefined],
    ['lower case wins', 'https://a.com/', { HTTPS_PROXY: 'http://p:1', https_proxy: 'http://q:2' }, 'http://q:2/'],
    ['an empty lower case does not', 'https://a.com/', { HTTPS_PROXY: 'http://p:1', https_proxy: '' }, 'http://p:1/'],
    ['without a scheme it is http', 'https://a.com/', { HTTPS_PROXY: 'p:3128' }, 'http://p:3128/'],
    ['empty is none', 'https://a.com/', { HTTPS_PROXY: '' }, undefined],
  ])('%s', (_name, url, env, want) => expect(via(url, env)).toBe(want));
  test.each(['socks5://p:1', 'http://', 'http://a b'])('%p cannot be used, and is not repeated: it may hold a password', (proxy) => {
    expect(() => via('https://a.com/', { HTTPS_PROXY: proxy })).toThrow(
      'HTTPS_PROXY must have the form http://host:port; what it has cannot be used',
    );
  });
});

describe('NO_PROXY', () => {
  test.each([
    ['a.com', 'https://a.com/', true],
    ['a.com', 'https://x.a.com/', true],
    ['a.com', 'https://xa.com/', false],
    ['.a.com', 'https://x.a.com/', true],
    ['*.a.com', 'https://x.a.com/', true],
    ['A.COM', 'https://a.com/', true],
    ['b.com, a.com', 'https://a.com/', true],
    ['b.com a.com', 'https://a.com/', true],
    ['*', 'https://a.com/', true],
    ['a.com:443', 'https://a.com/', true],
    ['a.com:8443', 'https://a.com/', false],
    ['a.com:8443', 'https://a.com:8443/', true],
    ['10.0.0.0/8', 'https://10.1.2.3/', true],
    ['10.0.0.0/8', 'https://11.1.2.3/', false],
    ['10.0.0.0/8', 'https://a.com/', false],
    ['10.1.2.3', 'https://10.1.2.3:5000/', true],
    ['1.2.3', 'https://10.1.2.3/', false],
    ['fd00::/8', 'https://[fd12::1]/', true],
    ['fd12::1', 'https://[fd12::1]/', true],
    ['fd00::/8', 'https://[fe80::1]/', false],
    ['10.0.0.0/99', 'https://10.1.2.3/', false],
    ['.svc,.cluster.local', 'https://registry.shop.svc/', true],
    ['', 'https://a.com/', false],
  ])('%p and %s: exempt is %p', (list, url, want) => {
    expect(via(url, { HTTPS_PROXY: 'http://p:1', NO_PROXY: list }) === undefined).toBe(want);
  });
  test.each(['http://localhost:5000/', 'http://127.0.0.1:5000/', 'http://127.1.2.3/', 'http://[::1]:5000/'])('%s is this machine', (url) => {
    expect(via(url, { HTTP_PROXY: 'http://p:1' })).toBeUndefined();
  });
});
