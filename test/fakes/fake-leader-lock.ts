/** The leader record in memory, with an API server that can be cut off from one candidate. */
import type { LeaderLock, LeaderRecord, SeenRecord } from '../../operator/leader-lock.js';

export class FakeLeaderLock {
  #seen: SeenRecord | undefined;
  #versions = 0;

  get record(): LeaderRecord | undefined {
    return this.#seen?.record;
  }

  /** Another hand writes, as `kubectl edit` would. */
  put(record: LeaderRecord): SeenRecord {
    this.#seen = { record, version: String(++this.#versions) };
    return this.#seen;
  }

  /** Somebody deletes it. */
  remove(): void {
    this.#seen = undefined;
  }

  get version(): string | undefined {
    return this.#seen?.version;
  }

  get current(): SeenRecord | undefined {
    return this.#seen;
  }

  newView(): LeaderLockView {
    return new LeaderLockView(this);
  }
}

/** The lock as one candidate reaches it. */
export class LeaderLockView implements LeaderLock {
  /** `Errors`: calls fail at once. `Hangs`: they end when the caller gives up. */
  network: 'Works' | 'Errors' | 'Hangs' = 'Works';
  reads = 0;
  readonly #lock: FakeLeaderLock;

  constructor(lock: FakeLeaderLock) {
    this.#lock = lock;
  }

  async read(signal: AbortSignal): Promise<SeenRecord | undefined> {
    this.reads++;
    await this.#reach(signal);
    return this.#lock.current;
  }

  async write(record: LeaderRecord, seen: SeenRecord | undefined, signal: AbortSignal): Promise<SeenRecord | undefined> {
    await this.#reach(signal);
    return seen?.version === this.#lock.version ? this.#lock.put(record) : undefined;
  }

  async #reach(signal: AbortSignal): Promise<void> {
    if (this.network === 'Errors') throw new Error('connection refused');
    if (this.network === 'Works') return;
    await new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(new Error('given up')), { once: true }));
  }
}
