/** Lists as the API server gives them: page by page from one moment, at a version that a watch can go on from. */
import { readNumber, readString } from '../../../lib/kube/json.js';
import { KubeError } from '../../../lib/kube/kube-error.js';
import type { KubeObject } from '../../../operator/ports.js';
import { type Reply, textOf } from './answers.js';
import { keyOf } from './metadata.js';
import { objectId } from './object-store.js';
import { badRequest, expired } from './refusals.js';
import type { Selector } from './selectors.js';
import type { Table } from './table.js';

export interface ListRequest {
  readonly table: Table;
  readonly query: URLSearchParams;
  readonly selects: Selector;
  /** Where the reader stands in the log. */
  readonly position: number;
  /** Newest version that the reader may see. */
  readonly version: number;
}

interface Start {
  readonly version: number;
  /** The last object of the page before. */
  readonly after: string | undefined;
}

export function listPage({ table, query, selects, position, version }: ListRequest): Reply {
  const token = query.get('continue');
  const start = token === null || token === '' ? startOf(query, version) : parseToken(token);
  const isPast = start.version !== version;
  if (isPast && table.log.lostVersion > start.version) throw tooOld(token !== null && token !== '');
  const objects = table.list(isPast ? table.log.indexAfterVersion(start.version) : position).filter(selects);
  const { after } = start;
  const rest = after === undefined ? objects : objects.filter((object) => idOf(object) > after);
  const limit = Number(query.get('limit') ?? 0);
  const page = limit > 0 ? rest.slice(0, limit) : rest;
  const last = page.at(-1);
  const isCut = last !== undefined && page.length < rest.length;
  const next = isCut ? { continue: toToken({ version: start.version, after: idOf(last) }), remainingItemCount: rest.length - page.length } : {};
  const { apiVersion, kind } = table.rules;
  const metadata = JSON.stringify({ resourceVersion: String(start.version), ...next });
  return { status: 200, text: `{"kind":"${kind}List","apiVersion":"${apiVersion}","metadata":${metadata},"items":[${page.map(textOf).join(',')}]}` };
}

/** A version that is asked for: that one exactly, or none older than it. */
function startOf(query: URLSearchParams, version: number): Start {
  const wanted = Number(query.get('resourceVersion') ?? 0);
  if (wanted > version)
    throw new KubeError(`Too large resource version: ${wanted}, current: ${version}`, { code: 504, reason: 'Timeout', retryAfterMs: 1000 });
  return { version: query.get('resourceVersionMatch') === 'Exact' ? wanted : version, after: undefined };
}

function toToken(start: Start): string {
  return Buffer.from(JSON.stringify(start)).toString('base64url');
}

function parseToken(token: string): Start {
  try {
    const said: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    const version = readNumber(said, 'version');
    if (version !== undefined) return { version, after: readString(said, 'after') };
  } catch {
    // said below
  }
  throw badRequest('continue key is not valid');
}

function tooOld(isContinued: boolean): KubeError {
  if (!isContinued) return expired('The resourceVersion for the provided list is too old.');
  return expired(
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
  );
}

function idOf(object: KubeObject): string {
  return objectId(keyOf(object));
}
