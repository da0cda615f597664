/**
 * The two things that are needed of what node:http2 keeps to itself. Both are looked for and left alone when they are not what
 * they are in Node 24; a test says so when that happens.
 */
import type { ServerHttp2Session } from 'node:http2';
import { PendingStreams } from './pending-streams.js';
import { StreamTable } from './stream-table.js';

/** Only for keeping. */
export function takeHandle(session: ServerHttp2Session): unknown {
  return readOwn(session, 'kHandle');
}

/**
 * Gives a session that has no stream yet tables which do not make garbage old (docs/adr/0032): node:http2 puts each stream into a Set and
 * then into a Map. False when nothing was changed.
 */
export function useStreamTables(session: ServerHttp2Session): boolean {
  const state = readOwn(session, 'state');
  if (!isState(state) || state.streams.size > 0 || state.pendingStreams.size > 0) return false;
  state.streams = new StreamTable<unknown>();
  state.pendingStreams = new PendingStreams();
  return true;
}

interface SessionState {
  streams: Collection;
  pendingStreams: Collection;
}

interface Collection {
  readonly size: number;
}

function isState(value: unknown): value is SessionState {
  return typeof value === 'object' && value !== null && isCollection(value, 'streams') && isCollection(value, 'pendingStreams');
}

function isCollection(state: object, name: string): boolean {
  const value: unknown = Reflect.get(state, name);
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'size') === 'number' && 'forEach' in value && 'delete' in value;
}

function readOwn(session: ServerHttp2Session, description: string): unknown {
  const key = Object.getOwnPropertySymbols(session).find((symbol) => symbol.description === description);
  return key === undefined ? undefined : Reflect.get(session, key);
}
