/**
 * Keeps what node:http2 has underneath a session until its streams are gone. Node 24 frees a destroyed stream at the end of the turn of
 * the event loop, with the header block that it may still hold; were the session's native part collected before that, its destructor
 * would find memory of nghttp2 in use and abort the process. A client gets there with trailers that are not valid and a GOAWAY with an
 * error in one write, whenever garbage is collected in that turn (docs/adr/0031).
 */
const kept = new Set<readonly unknown[]>();

/** Until the turn after the next: node's own work of a turn runs before what is put behind it here. */
export function keepForATurn(handle: unknown): void {
  const entry = [handle];
  kept.add(entry);
  setImmediate(() => setImmediate(() => kept.delete(entry)));
}
