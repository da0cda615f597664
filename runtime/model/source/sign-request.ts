/**
 * AWS Signature Version 4 of a request without a body, as S3 wants it. Pure: the instant comes in. Checked against the examples of
 * the S3 reference and against a server of others (test/source/s3.e2e.test.ts).
 */
import { createHash, createHmac } from 'node:crypto';

export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface UnsignedRequest {
  readonly method: 'GET' | 'HEAD';
  readonly url: URL;
  /** Signed with the rest. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface Scope {
  readonly keys: AwsKeys;
  readonly region: string;
  readonly nowMs: number;
}

export interface SignedHeaders {
  readonly headers: Readonly<Record<string, string>>;
  readonly authorization: string;
}

const NO_BODY = createHash('sha256').digest('hex');

export function signRequest({ method, url, headers }: UnsignedRequest, { keys, region, nowMs }: Scope): SignedHeaders {
  const time = new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const all: Record<string, string> = {
    ...headers,
    'x-amz-date': time,
    'x-amz-content-sha256': NO_BODY,
    ...(keys.sessionToken === undefined ? {} : { 'x-amz-security-token': keys.sessionToken }),
  };
  const signed: [string, string][] = [...Object.entries(all), ['host', url.host] satisfies [string, string]].sort(byName);
  const names = signed.map(([name]) => name).join(';');
  const lines = signed.map(([name, value]) => `${name}:${value.trim().replaceAll(/ +/g, ' ')}\n`).join('');
  const request = [method, canonicalPath(url), canonicalQuery(url), lines, names, NO_BODY].join('\n');
  const scope = `${time.slice(0, 8)}/${region}/s3/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', time, scope, createHash('sha256').update(request).digest('hex')].join('\n');
  const key = [time.slice(0, 8), region, 's3', 'aws4_request'].reduce<Buffer | string>(
    (last, part) => hmac(last, part),
    `AWS4${keys.secretAccessKey}`,
  );
  const signature = hmac(key, text).toString('hex');
  return { headers: all, authorization: `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${scope},SignedHeaders=${names},Signature=${signature}` };
}

/** Encodes as AWS does: all but letters, digits and `-._~`. */
export function awsEncode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}

function canonicalPath(url: URL): string {
  return url.pathname
    .split('/')
    .map((part) => awsEncode(decodeURIComponent(part)))
    .join('/');
}

function canonicalQuery(url: URL): string {
  return [...url.searchParams]
    .map(([name, value]) => [awsEncode(name), awsEncode(value)] as const)
    .sort(byName)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : Number(a > b);
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
