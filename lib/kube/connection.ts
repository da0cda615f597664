/** HTTP to one API server, as KubeTransport needs it: over TCP in a process, in memory in a test. Knows neither JSON nor retries. */
import type { TlsMaterial } from './cluster-access.js';

/** Watches live for minutes and calls for milliseconds: neither may stand in the other's way. */
export type Lane = 'Calls' | 'Watches';

export interface HttpCall {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly lane: Lane;
  /** Ends the call and its answer's body. */
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** To be read to its end or returned from: until then it may hold a stream or a socket. Throws when it is cut off. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** How long a retired connection may go on: longer than any watch of a reflector lasts, which is 10 minutes. */
export const RETIREMENT_MS = 11 * 60_000;

export interface KubeConnection {
  /** Resolves with the head of the answer. Rejects when there is none, whatever the reason. */
  exchange(call: HttpCall): Promise<HttpAnswer>;
  /** Takes no new calls; what has begun may end within RETIREMENT_MS. */
  retire(): void;
  /** Cuts what is open. */
  destroy(): Promise<void>;
}

/** `server` is an origin such as https://10.0.0.1:6443. Connects when there is something to say. */
export type Connect = (server: string, tls: TlsMaterial) => KubeConnection;
