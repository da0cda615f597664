/** Bounds of the transport: whatever a client sends, or stops sending, ends within them. */
export interface TransportLimits {
  /** Largest message either way, uncompressed, in bytes. */
  readonly messageBytes: number;
  /** HTTP/2 receive window of a stream and of a connection: what a client may send before it must wait for the server, in bytes. */
  readonly windowBytes: number;
  /** Largest HTTP/2 frame that a client may send. Many clients send no more than 16 KiB. */
  readonly frameBytes: number;
  /** Calls of one connection at a time; clients keep further ones back by themselves. */
  readonly streamsPerConnection: number;
  /** Calls of all connections at a time; further ones are RESOURCE_EXHAUSTED. */
  readonly streams: number;
  readonly connections: number;
  /** Names, values and 32 bytes for each pair, as HTTP/2 counts them. Beyond 64 KiB a stream is reset without words. */
  readonly headerListBytes: number;
  readonly headerPairs: number;
  /** A new connection must have sent HTTP/2's preface by then, and finished its TLS handshake. */
  readonly handshakeMs: number;
  /** A message may pause for this long while it is being received. */
  readonly bodyStallMs: number;
  /** A client may take nothing of its answer for this long. */
  readonly writeStallMs: number;
  /** A connection on which nothing arrives is asked for a sign of life this often … */
  readonly keepaliveMs: number;
  /** … and closed when it gives none within this time. */
  readonly keepaliveTimeoutMs: number;
  /** PINGs closer together than this, with no call between them, are strikes … */
  readonly minPingIntervalMs: number;
  /** … and more strikes than this close the connection with ENHANCE_YOUR_CALM "too_many_pings". */
  readonly pingStrikes: number;
  /** A connection older than this, 10 % more or less, is asked to close; 0 for never. Clients spread over the pods again when they reconnect. */
  readonly connectionAgeMs: number;
  /** Calls that an old connection still has may take this long. */
  readonly connectionAgeGraceMs: number;
  /** A connection without calls for this long is asked to close; 0 for never. */
  readonly connectionIdleMs: number;
  /** Streams that a client may reset at once, and per second in the long run (CVE-2023-44487). */
  readonly resetBurst: number;
  readonly resetsPerSecond: number;
}

const MIB = 1024 * 1024;
const MINUTE_MS = 60_000;

export const TRANSPORT_LIMITS: TransportLimits = {
  messageBytes: 64 * MIB,
  windowBytes: 8 * MIB,
  frameBytes: 256 * 1024,
  streamsPerConnection: 1024,
  streams: 8192,
  connections: 4096,
  headerListBytes: 16 * 1024,
  headerPairs: 128,
  handshakeMs: 10_000,
  bodyStallMs: 15_000,
  writeStallMs: 30_000,
  keepaliveMs: MINUTE_MS,
  keepaliveTimeoutMs: 20_000,
  minPingIntervalMs: 5000,
  pingStrikes: 10,
  connectionAgeMs: 60 * MINUTE_MS,
  connectionAgeGraceMs: 10 * MINUTE_MS,
  connectionIdleMs: 30 * MINUTE_MS,
  resetBurst: 2000,
  resetsPerSecond: 200,
};
