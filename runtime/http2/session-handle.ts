/**
 * Keeps what node:http2 has underneath a session until its streams are gone. Node 24 frees a destroyed stream at the end of the turn of
 * the event loop, with the header block that it may still hold; were the session's native part collected before that, its destructor
 * would find memory of nghttp2 in use and abort the process. A client gets there with trailers that are not valid and a GOAWAY with an
 * error in one write, whenever garbage is collected in that turn (docs/adr/0031).
 */
import type { ServerHttp2Session } from 'node:http2';

/** Only for keeping: undefined when node:http2 no longer has it under this name, which a test would show. */
export function takeHandle(session: ServerHttp2Session): unknown {
  const key = Object.getOwnPropertySymbols(session).find(({ description }) => description === 'kHandle');
  return key === undefined ? undefined : Reflect.get(session, key);
}

const kept = new Set<readonly unknown[]>();

/** Until the turn after the next: node's own work of a turn runs before what is put behind it here. */
export function keepForATurn(handle: unknown): void {
  const entry = [handle];
  kept.add(entry);
  setImmediate(() => setImmediate(() => kept.delete(entry)));
}
