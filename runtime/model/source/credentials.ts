/**
 * Credentials as a mounted Secret gives them: kubernetes.io/dockerconfigjson, or username and password, or token.
 * The choice of an entry is pure; reading the folder is the thin edge at the end.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SourceError } from './source-error.js';

export type Credentials =
  | { readonly kind: 'anonymous'; readonly hint: string }
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'token'; readonly token: string }
  /** A refresh token of a docker login, exchanged at the registry's token endpoint. */
  | { readonly kind: 'identity'; readonly token: string };

export const NO_CREDENTIALS: Credentials = { kind: 'anonymous', hint: 'no credentials were given: name a Secret in spec.model.secretRef' };

/** Contents of the Secret's keys that Slipway knows. */
export interface SecretFiles {
  readonly dockerConfig?: string;
  readonly username?: string;
  readonly password?: string;
  readonly token?: string;
  /** The name that the hub's own tools read it by. */
  readonly hubToken?: string;
}

const KEYS = { dockerConfig: '.dockerconfigjson', username: 'username', password: 'password', token: 'token', hubToken: 'HF_TOKEN' } as const;

/** The credentials for a registry (or web) host, with the repository for configurations that are scoped by path. */
export function pickCredentials(files: SecretFiles, host: string, repository = ''): Credentials {
  if (files.dockerConfig !== undefined) return fromDockerConfig(files.dockerConfig, host, repository);
  const token = files.token ?? files.hubToken;
  if (token !== undefined) return { kind: 'token', token: token.trim() };
  if (files.username !== undefined && files.password !== undefined) {
    return { kind: 'basic', username: files.username.trim(), password: files.password.replace(/\r?\n$/, '') };
  }
  throw new SourceError(
    'SOURCE_UNAUTHORIZED',
    `The Secret for "${host}" has none of what is needed: the key .dockerconfigjson, or username and password, or token`,
  );
}

function fromDockerConfig(text: string, host: string, repository: string): Credentials {
  const auths = parseAuths(text);
  const target = `${dockerHub(host.toLowerCase())}/${repository}`;
  const scopes = [...auths.keys()].filter((scope) => coversTarget(scope, target)).sort((a, b) => b.length - a.length);
  const entry = scopes[0] === undefined ? undefined : auths.get(scopes[0]);
  if (entry === undefined) {
    const known = [...auths.keys()].join(', ') || 'no registry at all';
    return { kind: 'anonymous', hint: `the Secret's .dockerconfigjson names ${known}, not "${host}"` };
  }
  return entryCredentials(entry, host);
}

function parseAuths(text: string): Map<string, Record<string, unknown>> {
  const auths = new Map<string, Record<string, unknown>>();
  const config = parseJson(text);
  if (!isRecord(config) || !isRecord(config['auths'])) {
    throw new SourceError(
      'SOURCE_UNAUTHORIZED',
      'The Secret\'s .dockerconfigjson is not JSON with an "auths" object: make it with kubectl create secret docker-registry',
    );
  }
  for (const [key, value] of Object.entries(config['auths'])) if (isRecord(value)) auths.set(normaliseScope(key), value);
  return auths;
}

/** `https://index.docker.io/v1/` → `docker.io`; `Registry:5000/team/` → `registry:5000/team`. */
function normaliseScope(key: string): string {
  const bare = key
    .replace(/^https?:\/\//i, '')
    .replace(/\/(v1|v2)\/?$/, '')
    .replace(/\/+$/, '');
  const [host = '', ...path] = bare.split('/');
  return [dockerHub(host.toLowerCase()), ...path].join('/');
}

function dockerHub(host: string): string {
  return host === 'index.docker.io' || host === 'registry-1.docker.io' ? 'docker.io' : host;
}

/** Whole path segments only: `host/team` covers `host/team/model`, not `host/teams`. `*.example.com` covers one label. */
function coversTarget(scope: string, target: string): boolean {
  const want = scope.split('/');
  const have = target.split('/');
  return want.every((part, index) => part === have[index] || (index === 0 && isWildcardHost(part, have[0] ?? '')));
}

function isWildcardHost(pattern: string, host: string): boolean {
  return pattern.startsWith('*.') && host.includes('.') && host.slice(host.indexOf('.')) === pattern.slice(1);
}

function entryCredentials(entry: Record<string, unknown>, host: string): Credentials {
  const { auth, username, password, identitytoken, registrytoken } = entry;
  if (typeof registrytoken === 'string' && registrytoken !== '') return { kind: 'token', token: registrytoken };
  if (typeof identitytoken === 'string' && identitytoken !== '') return { kind: 'identity', token: identitytoken };
  if (typeof username === 'string' && username !== '' && typeof password === 'string') return { kind: 'basic', username, password };
  if (typeof auth === 'string' && auth !== '') {
    const pair = Buffer.from(auth, 'base64').toString();
    const colon = pair.indexOf(':');
    if (colon > 0) return { kind: 'basic', username: pair.slice(0, colon), password: pair.slice(colon + 1) };
  }
  throw new SourceError(
    'SOURCE_UNAUTHORIZED',
    `The entry for "${host}" in the Secret's .dockerconfigjson has no usable auth, username and password, or token`,
  );
}

export function basicHeader(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** Reads the mounted Secret. A folder that is missing is an error: somebody meant credentials to be there. */
export async function readSecretFiles(folder: string): Promise<SecretFiles> {
  const found = await readSecretKeys(folder, Object.values(KEYS));
  return Object.fromEntries(Object.entries(KEYS).flatMap(([key, name]) => (found[name] === undefined ? [] : [[key, found[name]]])));
}

/** By key, those of them that are there. */
export async function readSecretKeys(folder: string, keys: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new SourceError('SOURCE_UNAUTHORIZED', `The credentials folder "${folder}" cannot be read: mount the Secret there`, { cause });
  });
  const files: Record<string, string> = {};
  for (const name of keys) if (names.includes(name)) files[name] = await readFile(join(folder, name), 'utf8');
  return files;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the caller says what is wrong without quoting the text, which holds passwords
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
