/**
 * Which proxy a request goes through, from HTTPS_PROXY, HTTP_PROXY and NO_PROXY (lower case wins, as in curl). NO_PROXY takes
 * what clusters put into it: host names, .suffixes, host:port, addresses and CIDR blocks, and `*`. This machine itself is
 * never asked of a proxy, as in Go's tools.
 */
import { BlockList, isIP } from 'node:net';
import { SourceError } from './source-error.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The proxy for a URL, or undefined for a direct connection. */
export function proxyFor(url: URL, env: Environment): URL | undefined {
  const name = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const text = env[name.toLowerCase()] || env[name];
  if (text === undefined || text === '' || isExempt(url, env['no_proxy'] || env['NO_PROXY'] || '')) return undefined;
  const proxy = text.includes('://') ? text : `http://${text}`;
  if (!URL.canParse(proxy) || !/^https?:$/.test(new URL(proxy).protocol)) {
    throw new SourceError('USAGE', `${name} must have the form http://host:port; what it has cannot be used`);
  }
  return new URL(proxy);
}

function isExempt(url: URL, list: string): boolean {
  const host = url.hostname.replaceAll(/^\[|\]$/g, '').toLowerCase();
  if (host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))) return true;
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return list.split(/[\s,]+/).some((entry) => entry !== '' && matches(entry.toLowerCase(), host, port));
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return inBlock(entry, host);
  const [, name = entry, wantPort] = /^(.*):(\d+)$/.exec(entry) ?? [];
  if (wantPort !== undefined && isIP(entry) === 0 && wantPort !== port) return false;
  const wanted = (isIP(entry) === 6 ? entry : name).replace(/^\*?\./, '');
  return host === wanted || (isIP(host) === 0 && host.endsWith(`.${wanted}`));
}

function inBlock(entry: string, host: string): boolean {
  const [network = '', prefix = ''] = entry.split('/');
  const family = isIP(network);
  if (family === 0 || isIP(host) !== family || !/^\d+$/.test(prefix) || Number(prefix) > (family === 4 ? 32 : 128)) return false;
  const block = new BlockList();
  block.addSubnet(network, Number(prefix), family === 4 ? 'ipv4' : 'ipv6');
  return block.check(host, family === 4 ? 'ipv4' : 'ipv6');
}
