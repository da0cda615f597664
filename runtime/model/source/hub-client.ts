/** The Hugging Face Hub's HTTP API, as much of it as Slipway needs: revision → commit, the files of a commit, and their bytes. */
import type { Credentials } from './credentials.js';
import { isContent } from './download.js';
import { type StatusContext, statusError } from './http-status.js';
import { type HubUri, isCommit } from './hub-uri.js';
import { readLimited } from './limited-body.js';
import { isPlainHttp } from './plain-http.js';
import type { Environment } from './proxy.js';
import { redactUrl } from './redact.js';
import { type RetryPolicy, retrying } from './retry.js';
import { SourceError } from './source-error.js';
import type { HttpResponse, Transport } from './transport.js';

export interface HubFile {
  /** From the root of the repository. */
  readonly path: string;
  readonly bytes: number;
  /** SHA-256 of the content, where large file storage has it. */
  readonly sha256: string | undefined;
  /** What git calls the content, where git has it. */
  readonly gitBlob: string | undefined;
}

export interface HubOptions {
  readonly env: Environment;
  readonly credentials: Credentials;
  readonly retry: RetryPolicy;
}

export const HUB = 'https://huggingface.co';
const PAGE_LIMIT = 8 << 20;
const MAX_FILES = 10_000;
const HEX64 = /^[0-9a-f]{64}$/;

export class HubClient {
  readonly host: string;
  private readonly base: URL;

  constructor(
    private readonly transport: Transport,
    private readonly uri: HubUri,
    private readonly options: HubOptions,
  ) {
    this.base = readEndpoint(options.env, transport.plainHttp);
    this.host = this.base.host;
  }

  /** The commit that the uri's revision is now. */
  async commit(): Promise<string> {
    const { repository, revision } = this.uri;
    if (isCommit(revision)) return revision;
    const { value } = await this.json(
      `api/models/${repository}/revision/${encodeURIComponent(revision)}`,
      `revision "${revision}" of "${repository}"`,
    );
    const sha = field(value, 'sha');
    if (typeof sha === 'string' && isCommit(sha)) return sha;
    throw new SourceError(
      'SOURCE_UNREACHABLE',
      `"${this.host}" answered for the revision "${revision}" of "${repository}" without a commit: is it a hub? Check HF_ENDPOINT`,
    );
  }

  /** Files of a folder of the commit, or of it and all below. */
  async list(commit: string, folder: string, isRecursive: boolean): Promise<readonly HubFile[]> {
    const files: HubFile[] = [];
    const path = folder === '' ? '' : `/${encodePath(folder)}`;
    let next: string | undefined = `api/models/${this.uri.repository}/tree/${commit}${path}?recursive=${isRecursive}&expand=false`;
    while (next !== undefined) {
      const page: Page = await this.json(next, `files of "${this.uri.repository}${folder === '' ? '' : `/${folder}`}"`);
      if (!Array.isArray(page.value))
        throw new SourceError('SOURCE_UNREACHABLE', `"${this.host}" answered for the files of "${this.uri.repository}" with no list`);
      files.push(...page.value.flatMap(readFile));
      if (files.length > MAX_FILES) {
        throw new SourceError(
          'ARTIFACT_INVALID',
          `"${this.uri.repository}" has more than ${MAX_FILES} files: name a folder or a file of it, hf://${this.uri.repository}/folder`,
        );
      }
      next = page.next;
    }
    return files;
  }

  /** Bytes of a file from `offset` on: 200, 206 or 416. */
  async open(commit: string, path: string, offset: number): Promise<HttpResponse> {
    const response = await this.send(`${this.uri.repository}/resolve/${commit}/${encodePath(path)}`, offset > 0 ? { range: `bytes=${offset}-` } : {});
    if (isContent(response.status, offset)) return response;
    throw await statusError(response, this.context(`file "${path}" of "${this.uri.repository}"`));
  }

  private json(path: string, what: string): Promise<Page> {
    return retrying(this.options.retry, async () => {
      const response = await this.send(path, { accept: 'application/json' });
      if (response.status !== 200) throw await statusError(response, this.context(what));
      const body = await readLimited(response, PAGE_LIMIT, 'answer of the hub');
      return { value: parseJson(body, this.host), next: this.nextPage(response.header('link')) };
    });
  }

  private send(path: string, headers: Readonly<Record<string, string>>): Promise<HttpResponse> {
    const { credentials, retry } = this.options;
    const authorization = credentials.kind === 'token' ? `Bearer ${credentials.token}` : undefined;
    return this.transport.send({ url: new URL(path, this.base), headers, authorization, signal: retry.signal });
  }

  /** Pages of one listing, from the hub itself: a link elsewhere would be sent the token. */
  private nextPage(link: string | undefined): string | undefined {
    const target = /<([^>]+)>\s*;\s*rel="next"/.exec(link ?? '')?.[1];
    if (target === undefined || !URL.canParse(target, this.base.href)) return undefined;
    const url = new URL(target, this.base);
    if (url.origin === this.base.origin) return url.href;
    throw new SourceError('SOURCE_UNREACHABLE', `"${this.host}" continues the list of files at another host, "${url.host}", which is not followed`);
  }

  private context(what: string): StatusContext {
    return { what, host: this.host, authHint: authHint(this.options.credentials), missingHint: 'check owner, model, path and revision of the uri' };
  }
}

interface Page {
  readonly value: unknown;
  readonly next: string | undefined;
}

/** HF_ENDPOINT, as the hub's own tools read it: another hub, or a mirror that speaks as one. */
export function readEndpoint(env: Environment, plainHttp: readonly string[]): URL {
  const text = env['HF_ENDPOINT'] || HUB;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '' || url.search !== '') {
    throw new SourceError(
      'USAGE',
      'HF_ENDPOINT must have the form https://host[:port][/path] without a user name or password in it; what it has cannot be used',
    );
  }
  if (url.protocol === 'http:' && !isPlainHttp(url.host, plainHttp)) {
    throw new SourceError(
      'USAGE',
      `HF_ENDPOINT "${redactUrl(url)}" is not encrypted: use https://, or allow that host with --plain-http, in the chart with plainHttpHosts`,
    );
  }
  return new URL(url.href.replace(/\/*$/, '/'));
}

/** The hub answers the same for what is not there and for what one may not see. */
function authHint(credentials: Credentials): string {
  const same = 'the hub answers so too when there is no such repository';
  if (credentials.kind === 'anonymous') return `${credentials.hint} with a token of the hub, or correct owner and model: ${same}`;
  if (credentials.kind !== 'token') return `the hub takes a token and no password: put it into the Secret under the key token`;
  return `the token in the Secret is not accepted or has no right to this repository, or its terms were not accepted at the hub; ${same}`;
}

function readFile(value: unknown): HubFile[] {
  if (field(value, 'type') !== 'file') return [];
  const [path, size, oid] = [field(value, 'path'), field(value, 'size'), field(value, 'oid')];
  const lfs = field(value, 'lfs');
  const [sha256, stored] = [field(lfs, 'oid'), field(lfs, 'size')];
  const bytes = typeof stored === 'number' ? stored : size;
  if (typeof path !== 'string' || typeof bytes !== 'number' || !Number.isSafeInteger(bytes) || bytes < 0) return [];
  const isStored = typeof sha256 === 'string' && HEX64.test(sha256);
  return [
    {
      path,
      bytes,
      sha256: isStored ? `sha256:${sha256}` : undefined,
      gitBlob: !isStored && typeof oid === 'string' && isCommit(oid) ? oid : undefined,
    },
  ];
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

function parseJson(body: Buffer, host: string): unknown {
  try {
    return JSON.parse(body.toString());
  } catch (cause) {
    throw new SourceError('SOURCE_UNREACHABLE', `"${host}" answered with what is no JSON: is it a hub? Check HF_ENDPOINT`, { cause });
  }
}
