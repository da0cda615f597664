/** Where the server is and how it is spoken to: flags that every command with a server has. */
import { PORTS } from '../../contract/ports.js';
import { describeError } from '../../lib/logger.js';
import { UsageError } from '../usage-error.js';
import { type Address, parseAddress } from './address.js';

export interface ConnectionOptions {
  readonly address: Address;
  readonly protocol: 'grpc' | 'http';
  readonly timeoutSeconds: number;
  readonly tls?: ClientTls;
  /** Name by which a gateway knows the model, and that the certificate must have. */
  readonly authority?: string;
}

/** PEM. */
export interface ClientTls {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

export const CONNECTION_FLAGS = {
  address: { type: 'string' },
  http: { type: 'boolean' },
  timeout: { type: 'string' },
  tls: { type: 'boolean' },
  ca: { type: 'string' },
  cert: { type: 'string' },
  key: { type: 'string' },
  authority: { type: 'string' },
} as const;

export const CONNECTION_USAGE = `  --address HOST:PORT      the server (default localhost:${PORTS.grpc}, with --http localhost:${PORTS.rest})
  --http                   REST instead of gRPC
  --timeout SECONDS        deadline of a call (default 60)
  --tls                    TLS, checked against the system's authorities
  --ca FILE                …against these authorities instead (PEM)
  --cert FILE, --key FILE  own certificate and key, for servers that ask for one (PEM)
  --authority NAME         name of the model at a gateway, or of the certificate, where the address is another`;

export interface ConnectionValues {
  readonly address?: string | undefined;
  readonly http?: boolean | undefined;
  readonly timeout?: string | undefined;
  readonly tls?: boolean | undefined;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly authority?: string | undefined;
}

/** Throws UsageError. */
export function parseConnection(values: ConnectionValues, readFile: (path: string) => Buffer): ConnectionOptions {
  const protocol = values.http === true ? 'http' : 'grpc';
  const tls = parseTls(values, readFile);
  return {
    address: parseAddress(values.address ?? 'localhost', protocol === 'http' ? PORTS.rest : PORTS.grpc),
    protocol,
    timeoutSeconds: parseSeconds('--timeout', values.timeout) ?? 60,
    ...(tls === undefined ? {} : { tls }),
    ...(values.authority === undefined ? {} : { authority: values.authority }),
  };
}

function parseTls(values: ConnectionValues, readFile: (path: string) => Buffer): ClientTls | undefined {
  const { ca, cert, key, tls = false } = values;
  if ((cert === undefined) !== (key === undefined))
    throw new UsageError(`${cert === undefined ? '--key' : '--cert'} needs the other half: give both --cert and --key`);
  if (!tls && ca === undefined && cert === undefined) return undefined;
  const read = (flag: 'ca' | 'cert' | 'key', path: string | undefined): ClientTls => {
    if (path === undefined) return {};
    try {
      return { [flag]: readFile(path) };
    } catch (cause) {
      throw new UsageError(`--${flag} "${path}" cannot be read: ${describeError(cause)}`);
    }
  };
  return { ...read('ca', ca), ...read('cert', cert), ...read('key', key) };
}

/** Undefined when the flag is absent. Throws UsageError. */
export function parseSeconds(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (text.trim() !== '' && seconds > 0 && seconds <= 86_400) return seconds;
  throw new UsageError(`${flag} "${text}" is not a time: give seconds above 0, such as 2.5`);
}

/** Undefined when the flag is absent. Throws UsageError. */
export function parseCount(flag: string, text: string | undefined, most = 1_000_000): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text) && Number(text) >= 1 && Number(text) <= most) return Number(text);
  throw new UsageError(`${flag} "${text}" is not a count: give a whole number from 1 to ${most}`);
}
