/** How S3 is spoken to: from the mounted Secret, else from the variables that AWS' own tools read. */

import { isPlainHttp } from './plain-http.js';
import type { Environment } from './proxy.js';
import { redactUrl } from './redact.js';
import type { AwsKeys } from './sign-request.js';
import { SourceError } from './source-error.js';

export interface AwsSettings {
  /** Absent: requests are not signed, for buckets that everybody may read. */
  readonly keys?: AwsKeys;
  readonly region: string;
  /** Undefined: AWS itself. */
  readonly endpoint: URL | undefined;
}

/** Keys of a Secret that are read, called as the variables. */
export const AWS_KEYS = [
  ...['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'],
  ...['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_S3'],
] as const;

const REGION = /^[a-z0-9-]{1,64}$/;

/** What the Secret does not say, the environment may. Its keys are one whole: those of two places are never mixed. */
export function readAwsSettings(secret: Environment, env: Environment, plainHttp: readonly string[]): AwsSettings {
  const word = (name: string): string | undefined => secret[name]?.trim() || env[name]?.trim() || undefined;
  const region = word('AWS_REGION') ?? word('AWS_DEFAULT_REGION') ?? 'us-east-1';
  if (!REGION.test(region)) throw new SourceError('USAGE', `AWS_REGION "${region.slice(0, 80)}" is no region: give one such as eu-central-1`);
  const keys = readKeys(secret, 'the Secret') ?? readKeys(env, 'the environment');
  return {
    region,
    endpoint: readEndpoint(word('AWS_ENDPOINT_URL_S3') ?? word('AWS_ENDPOINT_URL'), plainHttp),
    ...(keys === undefined ? {} : { keys }),
  };
}

function readKeys(from: Environment, where: string): AwsKeys | undefined {
  const [id, secret, sessionToken] = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'].map(
    (name) => from[name]?.trim() || undefined,
  );
  if (id !== undefined && secret !== undefined)
    return { accessKeyId: id, secretAccessKey: secret, ...(sessionToken === undefined ? {} : { sessionToken }) };
  if (id === undefined && secret === undefined) return undefined;
  throw new SourceError('SOURCE_UNAUTHORIZED', `${where} has one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY without the other: put both there`);
}

function readEndpoint(text: string | undefined, plainHttp: readonly string[]): URL | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '' || url.search !== '') {
    throw new SourceError(
      'USAGE',
      'AWS_ENDPOINT_URL must have the form https://host[:port] without a user name or password in it; what it has cannot be used',
    );
  }
  if (url.protocol === 'http:' && !isPlainHttp(url.host, plainHttp)) {
    throw new SourceError(
      'USAGE',
      `AWS_ENDPOINT_URL "${redactUrl(url)}" is not encrypted: use https://, or allow that host with --plain-http, in the chart with plainHttpHosts`,
    );
  }
  return new URL(url.href.replace(/\/*$/, '/'));
}
