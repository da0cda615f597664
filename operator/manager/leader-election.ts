/**
 * Leads, or waits to. As client-go does it: a record that its holder renews; a candidate that has not seen it change for as long
 * as the lease lasts takes over. Durations are measured by the own steady clock, so machines need not agree on the time.
 * Leading ends by itself, without anybody's help, when the last renewal is too old: `isLeading` is asked before every write.
 */
import { type Clock, STEADY_CLOCK, SYSTEM_CLOCK } from '../../lib/clock.js';
import { describeError, type Logger, SILENT_LOGGER } from '../../lib/logger.js';
import { ScopedAbort } from '../../lib/scoped-abort.js';
import type { LeaderLock, LeaderRecord, SeenRecord } from '../leader-lock.js';

export interface ElectionTiming {
  /** A record that does not change for this long is free. */
  readonly leaseMs: number;
  /** A leader that cannot renew for this long stops. Shorter than the lease: it stops before another begins. */
  readonly renewDeadlineMs: number;
  readonly retryMs: number;
}

export const ELECTION_TIMING: ElectionTiming = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2000 };
/** Waits are up to this much longer, so that candidates do not ask in step. */
const JITTER = 0.2;

export interface ElectionOptions {
  readonly lock: LeaderLock;
  /** Unique to this process: two that share it both lead. */
  readonly identity: string;
  readonly timing?: ElectionTiming;
  /** Measures durations. */
  readonly clock?: Clock;
  /** Time of day, for people who read the Lease. */
  readonly wallClock?: Pick<Clock, 'now'>;
  readonly random?: () => number;
  readonly logger?: Logger;
  readonly onLeading?: (isLeading: boolean) => void;
}

export interface LeaderState {
  readonly isLeading: boolean;
  /** Of this replica. */
  readonly identity: string;
  /** Of the replica that leads, as far as this one knows. */
  readonly holder: string | undefined;
  readonly transitions: number | undefined;
  readonly renewedSecondsAgo: number | undefined;
  readonly recordChangedSecondsAgo: number | undefined;
}

export class LeaderElection {
  readonly #options: ElectionOptions;
  readonly #timing: ElectionTiming;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #seen: SeenRecord | undefined;
  #seenAt = 0;
  /** When the last successful renewal began. */
  #renewedAt: number | undefined;

  constructor(options: ElectionOptions) {
    this.#options = options;
    this.#timing = options.timing ?? ELECTION_TIMING;
    this.#clock = options.clock ?? STEADY_CLOCK;
    this.#logger = (options.logger ?? SILENT_LOGGER).child({ identity: options.identity });
    const { leaseMs, renewDeadlineMs, retryMs } = this.#timing;
    if (!(leaseMs > renewDeadlineMs && renewDeadlineMs > retryMs * (1 + JITTER))) {
      throw new Error(`leaseMs ${leaseMs} must exceed renewDeadlineMs ${renewDeadlineMs}, and that must exceed retryMs ${retryMs} by a fifth`);
    }
    options.onLeading?.(false);
  }

  /** True while nobody else can lead: true of the past is not enough for a write. */
  isLeading(): boolean {
    return this.#renewedAt !== undefined && this.#clock.now() - this.#renewedAt < this.#timing.renewDeadlineMs;
  }

  /** How long a write that begins now may take before somebody else can lead; 0 when none may begin. */
  remainingMs(): number {
    return this.isLeading() && this.#renewedAt !== undefined ? this.#renewedAt + this.#timing.leaseMs - this.#clock.now() : 0;
  }

  /** For people who look. */
  describe(): LeaderState {
    const { record } = this.#seen ?? {};
    const ago = (sinceMs: number | undefined): number | undefined =>
      sinceMs === undefined ? undefined : Math.round(this.#clock.now() - sinceMs) / 1000;
    return {
      isLeading: this.isLeading(),
      identity: this.#options.identity,
      holder: record?.holder,
      transitions: record?.transitions,
      renewedSecondsAgo: ago(this.#renewedAt),
      recordChangedSecondsAgo: record === undefined ? undefined : ago(this.#seenAt),
    };
  }

  /** Resolves with true once this process leads; with false when the signal aborts first. */
  async acquire(signal: AbortSignal): Promise<boolean> {
    this.#logger.info('Waiting to lead');
    while (!signal.aborted) {
      if (await this.#tryHold(signal)) {
        this.#logger.info('Leading');
        this.#options.onLeading?.(true);
        return true;
      }
      await this.#pause(signal);
    }
    return false;
  }

  /** Renews until the signal aborts (resolves with `Stopped`) or leadership is lost (`Lost`). */
  async keep(signal: AbortSignal): Promise<'Stopped' | 'Lost'> {
    while (!signal.aborted) {
      await this.#pause(signal);
      if (signal.aborted) break;
      await this.#tryHold(signal);
      if (signal.aborted || this.isLeading()) continue;
      this.#renewedAt = undefined;
      this.#options.onLeading?.(false);
      return 'Lost';
    }
    return 'Stopped';
  }

  /** Lets the next candidate in at once. Not when leadership was lost: the record is another's. */
  async release(signal: AbortSignal): Promise<void> {
    const wasLeading = this.isLeading();
    this.#renewedAt = undefined;
    this.#options.onLeading?.(false);
    const seen = this.#seen;
    if (!wasLeading || seen?.record.holder !== this.#options.identity) return;
    try {
      await this.#options.lock.write({ ...seen.record, holder: '', leaseSeconds: 1, renewedAtMs: this.#wallNow() }, seen, signal);
      this.#logger.info('Leadership was released');
    } catch (error) {
      this.#logger.warn('Leadership was not released: the next leader waits for the lease to end', { error: describeError(error) });
    }
  }

  /** One attempt to acquire or renew. It may take half of the leader's deadline, so that a call that hangs leaves time for another. */
  async #tryHold(signal: AbortSignal): Promise<boolean> {
    const startedAt = this.#clock.now();
    const scope = new ScopedAbort(signal);
    const timer = new AbortController();
    const sinceRenewal = this.#renewedAt === undefined ? 0 : startedAt - this.#renewedAt;
    const { renewDeadlineMs } = this.#timing;
    const patienceMs = Math.min(Math.max(renewDeadlineMs - sinceRenewal, 0), renewDeadlineMs / 2);
    const expiry = this.#clock.sleep(patienceMs, timer.signal).then(() => scope.abort());
    try {
      const held = await this.#hold(scope.signal);
      if (held) this.#renewedAt = startedAt;
      return held && this.isLeading();
    } catch (error) {
      if (!signal.aborted) this.#logger.warn('The leader record could not be read or written', { error: describeError(error) });
      return false;
    } finally {
      timer.abort();
      await expiry;
      scope.release();
    }
  }

  async #hold(signal: AbortSignal): Promise<boolean> {
    const { lock, identity } = this.#options;
    if (await this.#renew(signal)) return true;
    this.#note(await lock.read(signal));
    const record = this.#seen?.record;
    if (record !== undefined && record.holder !== identity && !this.#isFree(record)) return false;
    const written = await lock.write(this.#nextRecord(record), this.#seen, signal);
    this.#note(written ?? this.#seen);
    return written !== undefined;
  }

  /** Whoever leads writes over the record of its last renewal, unread: where calls take seconds, one fits into the deadline where two do not. */
  async #renew(signal: AbortSignal): Promise<boolean> {
    const { lock, identity } = this.#options;
    const seen = this.#seen;
    if (seen?.record.holder !== identity || !this.isLeading()) return false;
    const renewed = await lock.write(this.#nextRecord(seen.record), seen, signal);
    if (renewed !== undefined) this.#note(renewed);
    return renewed !== undefined;
  }

  /** A record counts from when it was seen to change, by the own clock. */
  #note(seen: SeenRecord | undefined): void {
    if (seen !== undefined && seen.version !== this.#seen?.version) this.#seenAt = this.#clock.now();
    this.#seen = seen;
  }

  #isFree({ holder, leaseSeconds }: LeaderRecord): boolean {
    return holder === '' || this.#clock.now() - this.#seenAt >= leaseSeconds * 1000;
  }

  #nextRecord(old: LeaderRecord | undefined): LeaderRecord {
    const { identity } = this.#options;
    const now = this.#wallNow();
    const base = { holder: identity, leaseSeconds: this.#timing.leaseMs / 1000, renewedAtMs: now };
    if (old === undefined) return { ...base, acquiredAtMs: now, transitions: 0 };
    if (old.holder === identity) return { ...base, acquiredAtMs: old.acquiredAtMs, transitions: old.transitions };
    return { ...base, acquiredAtMs: now, transitions: old.transitions + 1 };
  }

  #wallNow(): number {
    return (this.#options.wallClock ?? SYSTEM_CLOCK).now();
  }

  #pause(signal: AbortSignal): Promise<void> {
    const random = this.#options.random ?? Math.random;
    return this.#clock.sleep(this.#timing.retryMs * (1 + JITTER * random()), signal);
  }
}
