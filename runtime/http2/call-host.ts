/** What every call of a server shares. */
import type { ByteBudget } from '../core/byte-budget.js';
import type { AssemblyPool } from './assembly-pool.js';
import type { DeadlineWheel } from './deadline-wheel.js';
import type { Inflater } from './inflater.js';
import type { RpcCode, RpcError } from './rpc-error.js';
import type { TransportLimits } from './transport-limits.js';

/** How it went, for metrics and logs. */
export interface TransportObserver {
  /** Every call ends once. `method` is '' for paths that no method has. */
  onCallEnd(method: string, code: RpcCode): void;
  /** What a method threw, as the client is to see it. Not called for RpcError. */
  toRpcError(thrown: unknown): RpcError;
  /** A connection was closed because of what its client did, or certificates could not be read. */
  onFault(reason: string, error?: unknown): void;
}

export interface CallHost {
  readonly limits: TransportLimits;
  readonly budget: ByteBudget;
  readonly pool: AssemblyPool;
  readonly wheel: DeadlineWheel;
  readonly inflater: Inflater;
  readonly observer: TransportObserver;
  /** Of the last sweep, milliseconds that only grow: exact enough for what takes seconds, and free. */
  readonly sweptMs: number;
  onCallClosed(): void;
}
