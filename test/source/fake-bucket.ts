/**
 * S3 on loopback, for what a well-kept server cannot be made to do: it knows one bucket, checks that requests are signed by the one
 * key and for its region, cuts transfers, and answers as a test says. The signature itself is held against a real server.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

export interface BucketRequest {
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
  readonly token: string | undefined;
}

export class FakeBucket {
  readonly seen: BucketRequest[] = [];
  intercept: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;
  region = 'us-east-1';
  pageSize = 1000;
  /** Whether it keeps versions. */
  hasVersions = false;
  readonly #objects = new Map<string, Buffer[]>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  static async start(): Promise<FakeBucket> {
    const bucket = new FakeBucket();
    await new Promise<void>((resolve) => bucket.#server.listen(0, '127.0.0.1', resolve));
    return bucket;
  }

  get endpoint(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The fake bucket is not started');
    return `http://127.0.0.1:${address.port}`;
  }

  put(key: string, bytes: Buffer): void {
    this.#objects.set(key, [...(this.#objects.get(key) ?? []), bytes]);
  }

  reset(): void {
    this.seen.length = 0;
    this.#objects.clear();
    this.intercept = () => false;
    this.region = 'us-east-1';
    this.pageSize = 1000;
    this.hasVersions = false;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { url: path = '', headers } = request;
    const token = headers['x-amz-security-token'];
    this.seen.push({ path, range: headers.range, authorization: headers.authorization, token: typeof token === 'string' ? token : undefined });
    if (this.intercept(request, response)) return;
    const url = new URL(path, this.endpoint);
    const scope = /Credential=([^/]+)\/\d{8}\/([^/]+)\/s3\//.exec(headers.authorization ?? '');
    const [, bucket, key = ''] = /^\/([^/]+)\/?(.*)$/.exec(url.pathname) ?? [];
    if (bucket !== 'models') refuse(response, 404, 'NoSuchBucket', 'The specified bucket does not exist');
    else if (scope?.[1] !== 'AKID') refuse(response, 403, 'AccessDenied', 'Access Denied');
    else if (scope[2] !== this.region)
      refuse(response, 400, 'AuthorizationHeaderMalformed', `expecting '${this.region}'`, { 'x-amz-bucket-region': this.region });
    else if (key === '') this.#list(url, response);
    else this.#get(url, { key: decodeURIComponent(key), range: headers.range }, response);
  }

  #list(url: URL, response: ServerResponse): void {
    const start = Number(url.searchParams.get('continuation-token') ?? 0);
    const keys = [...this.#objects.keys()].filter((key) => key.startsWith(url.searchParams.get('prefix') ?? '')).sort();
    const contents = keys.slice(start, start + this.pageSize).map((key) => {
      const bytes = this.#objects.get(key)?.at(-1) ?? Buffer.alloc(0);
      return `<Contents><Key>${encodeURIComponent(key)}</Key><Size>${bytes.length}</Size></Contents>`;
    });
    const isTruncated = start + this.pageSize < keys.length;
    const next = isTruncated ? `<NextContinuationToken>${start + this.pageSize}</NextContinuationToken>` : '';
    const xml = `<?xml version="1.0"?><ListBucketResult xmlns="x"><EncodingType>url</EncodingType><IsTruncated>${isTruncated}</IsTruncated>${next}${contents.join('')}</ListBucketResult>`;
    response.writeHead(200, { 'content-type': 'application/xml' }).end(xml);
  }

  #get(url: URL, { key, range }: { key: string; range: string | undefined }, response: ServerResponse): void {
    const versions = this.#objects.get(key) ?? [];
    const version = Number(url.searchParams.get('versionId')?.slice(1) ?? versions.length);
    const bytes = versions[version - 1];
    if (bytes === undefined) {
      refuse(response, 404, 'NoSuchKey', 'The specified key does not exist.');
      return;
    }
    const [, from = '0', to = String(bytes.length - 1)] = /^bytes=(\d+)-(\d+)?$/.exec(range ?? '') ?? [];
    const part = bytes.subarray(Number(from), Number(to) + 1);
    const headers = {
      etag: `"${createHash('md5').update(bytes).digest('hex')}"`,
      'content-length': part.length,
      ...(this.hasVersions ? { 'x-amz-version-id': `v${version}` } : {}),
      ...(range === undefined ? {} : { 'content-range': `bytes ${from}-${to}/${bytes.length}` }),
    };
    response.writeHead(range === undefined ? 200 : 206, headers).end(part);
  }
}

function refuse(response: ServerResponse, status: number, code: string, message: string, headers: Record<string, string> = {}): void {
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  response.writeHead(status, { 'content-type': 'application/xml', ...headers }).end(xml);
}
