/**
 * The Hugging Face Hub, as much of it as downloads need, on loopback: branches that move, commits that do not, files in git and in
 * LFS, pages of a listing, private repositories. Python's own `huggingface_hub.snapshot_download` accepts it (hub.e2e.test.ts).
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

export interface HubFile {
  readonly bytes: Buffer;
  /** In large file storage, reached by a redirect; else in git itself. */
  readonly isLfs: boolean;
}

interface Commit {
  readonly id: string;
  readonly files: ReadonlyMap<string, HubFile>;
}

interface Repository {
  readonly commits: Map<string, Commit>;
  /** Branch or tag → commit. */
  readonly refs: Map<string, string>;
  token: string | undefined;
}

export interface HubRequest {
  readonly method: string;
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

export class FakeHub {
  readonly seen: HubRequest[] = [];
  /** True when it has answered; otherwise the hub does. */
  intercept: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;
  pageSize = 1000;
  readonly #repositories = new Map<string, Repository>();
  readonly #stored = new Map<string, Buffer>();
  readonly #server: Server;
  /** Another origin, as the hub's storage is: credentials must not get there. */
  readonly #storage: Server;

  private constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response, (path) => this.#serve(path, request, response)));
    this.#storage = createServer((request, response) => this.#answer(request, response, (path) => this.#serveStored(path, request, response)));
  }

  static async start(): Promise<FakeHub> {
    const hub = new FakeHub();
    for (const server of [hub.#server, hub.#storage]) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return hub;
  }

  /** host:port */
  get host(): string {
    return hostOf(this.#server);
  }

  get endpoint(): string {
    return `http://${this.host}`;
  }

  /** A commit with these files, to which the branch then points. Its id. */
  commit(repository: string, branch: string, files: Readonly<Record<string, HubFile>>): string {
    const repo = this.#repositories.get(repository) ?? { commits: new Map(), refs: new Map(), token: undefined };
    this.#repositories.set(repository, repo);
    const content = Object.entries(files).map(([path, { bytes }]) => `${path} ${sha256(bytes)}`);
    const id = createHash('sha1').update(`${repository} ${content.join()}`).digest('hex');
    repo.commits.set(id, { id, files: new Map(Object.entries(files)) });
    repo.refs.set(branch, id);
    for (const { bytes, isLfs } of Object.values(files)) if (isLfs) this.#stored.set(sha256(bytes), bytes);
    return id;
  }

  /** From now on only who has the token sees the repository. */
  close(repository: string, token: string): void {
    const repo = this.#repositories.get(repository);
    if (repo !== undefined) repo.token = token;
  }

  reset(): void {
    this.seen.length = 0;
    this.pageSize = 1000;
    this.intercept = () => false;
  }

  async stop(): Promise<void> {
    for (const server of [this.#server, this.#storage]) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  #answer(request: IncomingMessage, response: ServerResponse, answer: (path: string) => void): void {
    const { method = '', url: path = '', headers } = request;
    this.seen.push({ method, path, range: headers.range, authorization: headers.authorization });
    if (!this.intercept(request, response)) answer(path);
  }

  #serveStored(path: string, request: IncomingMessage, response: ServerResponse): void {
    const hash = path.replace(/^\/storage\/([0-9a-f]{64})\?.*$/, '$1');
    const bytes = this.#stored.get(hash);
    if (bytes === undefined) response.writeHead(404).end();
    else sendBytes(request, response, bytes, `"${hash}"`);
  }

  #serve(path: string, request: IncomingMessage, response: ServerResponse): void {
    const { headers } = request;
    const url = new URL(path, this.endpoint);
    const [, api, name = '', what = '', reference = '', file = ''] =
      /^(\/api\/models)?\/([^/]+\/[^/]+)(?:\/(revision|tree|resolve)\/([^/]+)(?:\/(.*))?)?$/.exec(url.pathname) ?? [];
    const repo = this.#repositories.get(name);
    const ref = decodeURIComponent(reference === '' ? 'main' : reference);
    const commit = repo?.commits.get(repo.refs.get(ref) ?? ref);
    const isHidden = repo?.token !== undefined && headers.authorization !== `Bearer ${repo.token}`;
    // as the real one: who may not see it is told the same as who misspelt it
    if (repo === undefined || isHidden) refuse(response, 401, 'RepoNotFound', 'Invalid username or password.');
    else if (commit === undefined) refuse(response, 404, 'RevisionNotFound', `Invalid rev id: ${ref}`);
    else if (api === undefined) this.#resolve(request, response, { commit, path: decodeURIComponent(file) });
    else if (what === 'tree') this.#list(url, { commit, folder: decodeURIComponent(file) }, response);
    else sendJson(response, describe(name, commit));
  }

  #list(url: URL, { commit, folder }: { commit: Commit; folder: string }, response: ServerResponse): void {
    const start = Number(url.searchParams.get('cursor') ?? 0);
    const inside = [...commit.files].filter(([path]) => folder === '' || path.startsWith(`${folder}/`));
    const folders = new Set(inside.flatMap(([path]) => foldersOf(path)).filter((path) => path !== folder));
    const isShown = (path: string): boolean => url.searchParams.get('recursive') === 'true' || parentOf(path) === folder;
    const entries = [
      ...[...folders].map((path) => ({ type: 'directory', oid: blobId(Buffer.from(path)), size: 0, path })),
      ...inside.map(([path, file]) => describeFile(path, file)),
    ]
      .filter(({ path }) => isShown(path))
      .sort((a, b) => (a.path < b.path ? -1 : 1));
    const next = new URL(url);
    next.searchParams.set('cursor', String(start + this.pageSize));
    const link = start + this.pageSize < entries.length ? { link: `<${next.href}>; rel="next"` } : {};
    if (inside.length === 0) refuse(response, 404, 'EntryNotFound', `${folder} does not exist on "${commit.id}"`);
    else sendJson(response, entries.slice(start, start + this.pageSize), link);
  }

  #resolve(request: IncomingMessage, response: ServerResponse, { commit, path }: { commit: Commit; path: string }): void {
    const file = commit.files.get(path);
    if (file === undefined) {
      refuse(response, 404, 'EntryNotFound', 'Entry not found');
      return;
    }
    response.setHeader('x-repo-commit', commit.id);
    if (!file.isLfs) {
      sendBytes(request, response, file.bytes, `"${blobId(file.bytes)}"`);
      return;
    }
    const hash = sha256(file.bytes);
    const location = `http://${hostOf(this.#storage)}/storage/${hash}?signature=secret-signature`;
    response.writeHead(302, { 'x-linked-etag': `"${hash}"`, 'x-linked-size': String(file.bytes.length), location, 'content-length': 0 }).end();
  }
}

/** `a/b/c.onnx` → `a`, `a/b`. */
function foldersOf(path: string): string[] {
  return path
    .split('/')
    .slice(0, -1)
    .map((_, at, parts) => parts.slice(0, at + 1).join('/'));
}

function parentOf(path: string): string {
  return path.split('/').slice(0, -1).join('/');
}

function hostOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The fake hub is not started');
  return `127.0.0.1:${address.port}`;
}

/** `sha1("blob <size>\0<content>")`, as git names a file. */
export function blobId(bytes: Buffer): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function describe(name: string, { id, files }: Commit): unknown {
  const siblings = [...files.keys()].map((rfilename) => ({ rfilename }));
  return { _id: id.slice(0, 24), id: name, modelId: name, sha: id, private: false, gated: false, disabled: false, tags: [], siblings };
}

function describeFile(path: string, { bytes, isLfs }: HubFile) {
  const file = { type: 'file', oid: blobId(bytes), size: bytes.length, path };
  return isLfs ? { ...file, lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 134 } } : file;
}

function refuse(response: ServerResponse, status: number, code: string, error: string): void {
  const headers = { 'content-type': 'application/json', 'x-error-code': code, 'x-error-message': error };
  response.writeHead(status, headers).end(JSON.stringify({ error }));
}

function sendJson(response: ServerResponse, value: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', ...headers }).end(JSON.stringify(value));
}

function sendBytes(request: IncomingMessage, response: ServerResponse, bytes: Buffer, etag: string): void {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const part = bytes.subarray(start);
  const range = start > 0 ? { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : {};
  response.writeHead(start > 0 ? 206 : 200, {
    'content-type': 'application/octet-stream',
    'content-length': part.length,
    'accept-ranges': 'bytes',
    etag,
    ...range,
  });
  response.end(request.method === 'HEAD' ? undefined : part);
}
