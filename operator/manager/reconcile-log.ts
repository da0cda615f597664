/** How the last reconcile of each key went: for people who ask what the operator does, and bounded. */
import { type Clock, STEADY_CLOCK } from '../../lib/clock.js';
import type { ReconcileOutcome } from './metrics.js';

export interface ReconcileRecord {
  readonly outcome: ReconcileOutcome;
  readonly seconds: number;
  readonly requeueAfterSeconds?: number;
  /** What the reconcile said that it did. */
  readonly actions?: readonly string[];
  readonly error?: string;
}

export interface ReconcileEntry extends ReconcileRecord {
  readonly key: string;
  readonly endedSecondsAgo: number;
}

const MAX_KEYS = 1000;
const MAX_ERROR = 500;
const MAX_ACTIONS = 20;

export class ReconcileLog {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #maxKeys: number;
  /** In the order in which they ended: the oldest goes first. */
  readonly #records = new Map<string, ReconcileRecord & { readonly endedMs: number }>();

  constructor(clock: Pick<Clock, 'now'> = STEADY_CLOCK, maxKeys = MAX_KEYS) {
    this.#clock = clock;
    this.#maxKeys = maxKeys;
  }

  note(key: string, { error, actions, ...record }: ReconcileRecord): void {
    const told = {
      ...(error === undefined ? {} : { error: error.slice(0, MAX_ERROR) }),
      ...(actions === undefined ? {} : { actions: actions.slice(0, MAX_ACTIONS) }),
    };
    this.#records.delete(key);
    this.#records.set(key, { ...record, ...told, endedMs: this.#clock.now() });
    if (this.#records.size <= this.#maxKeys) return;
    const [oldest] = this.#records.keys();
    if (oldest !== undefined) this.#records.delete(oldest);
  }

  get(key: string): ReconcileEntry | undefined {
    const record = this.#records.get(key);
    return record === undefined ? undefined : this.#describe(key, record);
  }

  /** The newest first. */
  list(limit: number): ReconcileEntry[] {
    return [...this.#records]
      .reverse()
      .slice(0, limit)
      .map(([key, record]) => this.#describe(key, record));
  }

  #describe(key: string, { endedMs, ...record }: ReconcileRecord & { readonly endedMs: number }): ReconcileEntry {
    return { key, endedSecondsAgo: Math.round(this.#clock.now() - endedMs) / 1000, ...record };
  }
}
