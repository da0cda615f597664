/** What a request asks of an API server, read from its method and address. Pure. */

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'other';

export interface ProxyCall {
  /** The client, by its token. */
  readonly who: string;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly verb: Verb;
  /** Plural, such as `deployments`; empty where the address names none. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
  readonly isWrite: boolean;
}

const WRITES: Readonly<Record<string, Verb>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

export function describeCall(who: string, method: string, target: string): ProxyCall {
  const url = new URL(target, 'https://api.invalid');
  const parts = readPath(url.pathname);
  const isWatch = ['1', 'true'].includes(url.searchParams.get('watch') ?? '');
  const read: Verb = parts.resource === '' ? 'other' : isWatch ? 'watch' : parts.name === '' ? 'list' : 'get';
  const verb = method === 'GET' ? read : (WRITES[method] ?? 'other');
  return { who, method, path: url.pathname, query: url.searchParams, verb, ...parts, isWrite: method in WRITES };
}

type Place = Pick<ProxyCall, 'resource' | 'namespace' | 'name' | 'subresource'>;

/** `/apis/apps/v1/namespaces/shop/deployments/reader/status`, `/api/v1/pods`; a namespace itself is `/api/v1/namespaces/shop`. */
function readPath(path: string): Place {
  const [root = '', ...rest] = path.split('/').filter(Boolean).map(decodeURIComponent);
  const segments = root === 'api' ? rest.slice(1) : root === 'apis' ? rest.slice(2) : [];
  const isInside = segments[0] === 'namespaces' && segments.length > 2;
  const [resource = '', name = '', subresource = ''] = isInside ? segments.slice(2) : segments;
  return { resource, namespace: isInside ? (segments[1] ?? '') : '', name, subresource };
}
