/** S3, as much of it as Slipway needs: lists of objects and their bytes, in path style, which every server of S3's kind has. */
import type { AwsSettings } from './aws-settings.js';
import { type ObjectPage, readObjectPage } from './bucket-listing.js';
import type { BucketUri } from './bucket-uri.js';
import { isContent } from './download.js';
import { type StatusContext, statusError } from './http-status.js';
import { readLimited } from './limited-body.js';
import { type RetryPolicy, retrying } from './retry.js';
import { awsEncode, signRequest } from './sign-request.js';
import { SourceError } from './source-error.js';
import { discard, drop, type HttpResponse, type Transport } from './transport.js';

export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
}

export interface ObjectHead {
  readonly bytes: number | undefined;
  /** Where the bucket keeps versions. */
  readonly versionId: string | undefined;
}

const PAGE_LIMIT = 8 << 20;
const MAX_OBJECTS = 10_000;
/** Answers to a request that was signed for another region than the bucket's. */
const ELSEWHERE = [301, 400, 403];

export class BucketClient {
  private region: string;

  constructor(
    private readonly transport: Transport,
    private readonly uri: BucketUri,
    private readonly options: { readonly settings: AwsSettings; readonly retry: RetryPolicy },
  ) {
    this.region = options.settings.region;
  }

  get host(): string {
    return this.endpoint.host;
  }

  /** Objects whose keys begin so. */
  async list(prefix: string): Promise<readonly StoredObject[]> {
    const objects: StoredObject[] = [];
    let page: ObjectPage | undefined;
    do {
      page = await this.page(prefix, page?.next);
      objects.push(...page.objects);
      if (objects.length > MAX_OBJECTS) {
        throw new SourceError(
          'ARTIFACT_INVALID',
          `The bucket "${this.uri.bucket}" has more than ${MAX_OBJECTS} objects under "${prefix}": name a longer prefix in the uri`,
        );
      }
    } while (page.next !== undefined);
    return objects;
  }

  private page(prefix: string, token: string | undefined): Promise<ObjectPage> {
    const query = { 'list-type': '2', 'encoding-type': 'url', prefix, ...(token === undefined ? {} : { 'continuation-token': token }) };
    return retrying(this.options.retry, async () => {
      const response = await this.send('', query, {});
      if (response.status !== 200) throw await statusError(response, this.context(`list of "${prefix}" in bucket "${this.uri.bucket}"`));
      return readObjectPage((await readLimited(response, PAGE_LIMIT, 'list of objects')).toString(), this.host);
    });
  }

  head(key: string): Promise<ObjectHead> {
    return retrying(this.options.retry, async () => {
      // a HEAD has no body to say what is wrong: one byte is asked for instead
      const response = await this.send(key, {}, { range: 'bytes=0-0' });
      if (![200, 206, 416].includes(response.status))
        throw await statusError(response, this.context(`object "${key}" of bucket "${this.uri.bucket}"`));
      const version = response.header('x-amz-version-id');
      const total = /\/(\d+)$/.exec(response.header('content-range') ?? '')?.[1];
      drop(response);
      return { bytes: total === undefined ? undefined : Number(total), versionId: version === undefined || version === 'null' ? undefined : version };
    });
  }

  /** Bytes of an object from `offset` on: 200, 206 or 416. */
  async open(key: string, offset: number, versionId: string | undefined): Promise<HttpResponse> {
    const query = versionId === undefined ? {} : { versionId };
    const response = await this.send(key, query, offset === 0 ? {} : { range: `bytes=${offset}-` });
    if (isContent(response.status, offset)) return response;
    throw await statusError(response, this.context(`object "${key}" of bucket "${this.uri.bucket}"`));
  }

  private async send(key: string, query: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>>): Promise<HttpResponse> {
    const response = await this.sendOnce(key, query, headers);
    const region = response.header('x-amz-bucket-region');
    if (!ELSEWHERE.includes(response.status) || region === undefined || region === this.region || !/^[a-z0-9-]{1,64}$/.test(region)) return response;
    await discard(response);
    this.region = region;
    return this.sendOnce(key, query, headers);
  }

  private sendOnce(key: string, query: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>>): Promise<HttpResponse> {
    const { settings, retry } = this.options;
    const path = key === '' ? '' : `/${key.split('/').map(awsEncode).join('/')}`;
    const url = new URL(`${this.uri.bucket}${path}`, this.endpoint);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    if (settings.keys === undefined) return this.transport.send({ url, headers, signal: retry.signal });
    const signed = signRequest({ method: 'GET', url, headers }, { keys: settings.keys, region: this.region, nowMs: retry.clock.now() });
    return this.transport.send({ url, headers: signed.headers, authorization: signed.authorization, signal: retry.signal });
  }

  private get endpoint(): URL {
    return this.options.settings.endpoint ?? new URL(`https://s3.${this.region}.amazonaws.com/`);
  }

  private context(what: string): StatusContext {
    const { keys } = this.options.settings;
    const authHint =
      keys === undefined
        ? 'no credentials were given: name a Secret with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in spec.model.secretRef'
        : 'the keys in the Secret are not accepted, or may not list the bucket or read the object (s3:ListBucket, s3:GetObject)';
    return { what, host: this.host, authHint, missingHint: 'check bucket and key of the uri, and AWS_ENDPOINT_URL of the Secret' };
  }
}
