/** What a path of the API names. */
export interface RequestPath {
  readonly apiVersion: string;
  readonly plural: string;
  /** Empty: all, or none where the kind has none. */
  readonly namespace: string;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

/** Subresources of a namespace, whose path is otherwise that of a list in it. */
const OF_NAMESPACES = ['status', 'finalize'];

const MOST_KNOWN = 10_000;
/** A client asks for the same few paths again and again. */
const known = new Map<string, RequestPath | undefined>();

/** Undefined for what is no path of a resource. */
export function parsePath(path: string): RequestPath | undefined {
  if (!known.has(path)) {
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(path, readPath(path));
  }
  return known.get(path);
}

function readPath(path: string): RequestPath | undefined {
  const parts = path.split('/').slice(1).map(decodeURIComponent);
  const isCore = parts[0] === 'api';
  if (!isCore && parts[0] !== 'apis') return undefined;
  const apiVersion = isCore ? parts[1] : `${parts[1]}/${parts[2]}`;
  const rest = parts.slice(isCore ? 2 : 3);
  if (apiVersion === undefined || rest[0] === undefined || rest.length > 5) return undefined;
  const [, namespace, inner] = rest;
  const isInNamespace = rest[0] === 'namespaces' && namespace !== undefined && inner !== undefined && !OF_NAMESPACES.includes(inner);
  if (isInNamespace) return { apiVersion, plural: inner, namespace, name: rest[3], subresource: rest[4] };
  return rest.length > 3 ? undefined : { apiVersion, plural: rest[0], namespace: '', name: rest[1], subresource: rest[2] };
}
