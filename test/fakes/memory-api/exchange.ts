/** One call as the API server sees it, and what may go wrong with it. */
import type { Lane } from '../../../lib/kube/connection.js';
import type { ObjectKey, ResourceKind } from '../../../operator/ports.js';

export interface Exchange {
  /** Who asks: the name that `connect` was given. */
  readonly client: string;
  /** How many exchanges of this client came before it. */
  readonly index: number;
  /** How many writes of this client came before it; undefined when it is none. */
  readonly writeIndex: number | undefined;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Its JSON. */
  readonly body: unknown;
  readonly lane: Lane;
  /** Undefined where nothing is served. */
  readonly resource: ResourceKind | undefined;
  /** Undefined for lists and watches; of a POST that of its object. */
  readonly key: ObjectKey | undefined;
  /** Empty: of all namespaces, or of a kind without. */
  readonly namespace: string;
  readonly subresource: string | undefined;
  readonly isWatch: boolean;
}

export type Fault =
  | { readonly kind: 'Pass' }
  /** Not served; answered so. */
  | { readonly kind: 'Answer'; readonly status: number; readonly reason: string; readonly message: string; readonly retryAfterSeconds?: number }
  /** Served; then the connection breaks before the reply. */
  | { readonly kind: 'LostReply' }
  /** Served; the reply never comes. */
  | { readonly kind: 'LostReplyHang' }
  /** Neither served nor answered. */
  | { readonly kind: 'Hang' }
  /** Not served; the connection breaks. */
  | { readonly kind: 'Reset' }
  /** Served; the body breaks off with an error. */
  | { readonly kind: 'Truncate' }
  /** Served; the body ends too early, as if that were all. */
  | { readonly kind: 'TruncateSilently' }
  /** Served that much later, unless the caller has given up by then. */
  | { readonly kind: 'Delay'; readonly ms: number }
  /** Served that much later, whether or not somebody still waits for it. */
  | { readonly kind: 'ArriveLate'; readonly ms: number };

export const PASS: Fault = { kind: 'Pass' };

/** Of the log. */
export interface LoggedExchange extends Exchange {
  readonly atMs: number;
  readonly fault: Fault['kind'] | 'Outage';
  /** HTTP status that the server came to; undefined when it was not asked. The caller may not have seen it. */
  readonly status: number | undefined;
}
