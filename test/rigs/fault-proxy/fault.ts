/** What may happen to a call. Plain data but for the hooks; the usual ones are made below. */
import type { WatchScript } from './watch-scripts.js';

export type Fault =
  /** The API server is not asked. */
  | { readonly kind: 'Answer'; readonly status: number; readonly reason: string; readonly message: string; readonly retryAfterSeconds?: number }
  /** Not served, and the client's connection ends. */
  | { readonly kind: 'Reset' }
  /** Not served, not answered, for as long as the client waits. */
  | { readonly kind: 'Hang' }
  /** Served, and the answer is lost. */
  | { readonly kind: 'LoseReply'; readonly how: 'Reset' | 'Hang' }
  /** Served, and half of the answer's body comes: then the connection ends, or the answer ends as if that were all. */
  | { readonly kind: 'Truncate'; readonly how: 'Cut' | 'End' }
  /** Served after a while, even when the client has gone meanwhile: the network held the request. */
  | { readonly kind: 'Delay'; readonly ms: number }
  /** Served at once, answered after a while. */
  | { readonly kind: 'DelayReply'; readonly ms: number }
  /** `call` is called, and the connection ends: where a test kills the client at an exact write. */
  | { readonly kind: 'Crash'; readonly when: 'BeforeServing' | 'AfterServing'; readonly call: () => void | Promise<void> }
  /** Reads as of an older version of the store. A watch tells what came after it `heldMs` late. */
  | { readonly kind: 'Stale'; readonly version: () => string; readonly heldMs: number }
  | { readonly kind: 'Watch'; readonly script: WatchScript };

export type Answer = Extract<Fault, { kind: 'Answer' }>;

export const CONFLICT: Answer = {
  kind: 'Answer',
  status: 409,
  reason: 'Conflict',
  message: 'the object has been modified; please apply your changes',
};
export const SERVER_ERROR: Answer = { kind: 'Answer', status: 500, reason: 'InternalError', message: 'Internal error occurred' };
export const UNAVAILABLE: Answer = { kind: 'Answer', status: 503, reason: 'ServiceUnavailable', message: 'apiserver not ready' };
export const FORBIDDEN: Answer = { kind: 'Answer', status: 403, reason: 'Forbidden', message: 'the fault proxy does not allow it' };
export const ETCD_FULL: Answer = {
  ...{ kind: 'Answer', status: 500, reason: 'InternalError' },
  message: 'etcdserver: mvcc: database space exceeded',
};

export function throttled(retryAfterSeconds: number): Answer {
  const message = 'too many requests, please try again later';
  return { kind: 'Answer', status: 429, reason: 'TooManyRequests', message, retryAfterSeconds };
}

/** The body that an API server would send. */
export function statusBody({ status, reason, message }: Pick<Answer, 'status' | 'reason' | 'message'>): string {
  return JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code: status });
}
