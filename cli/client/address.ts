/** HOST:PORT of a server, as people write it. */
import { UsageError } from '../usage-error.js';

export interface Address {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
}

const FORM = /^(\[[0-9a-fA-F:.%]+\]|[A-Za-z0-9_.-]+)(?::(\d{1,5}))?$/;

/** `[::1]:8001`, `reader.shop.svc:8001` or, with the default port, `reader`. Throws UsageError. */
export function parseAddress(text: string, defaultPort: number): Address {
  const [, host, digits] = FORM.exec(text) ?? [];
  const port = digits === undefined ? defaultPort : Number(digits);
  if (host !== undefined && port > 0 && port <= 65535) return { host: host.replace(/^\[(.*)\]$/, '$1'), port };
  const words = text.includes('://') ? 'without a scheme (--tls asks for TLS, --http for REST)' : 'such as localhost:8001 or [::1]:8001';
  throw new UsageError(`--address "${text}" is no address: give HOST:PORT, ${words}`);
}

export function formatAddress({ host, port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Proxies are for what lies elsewhere. */
export function isLoopback({ host }: Address): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
