/** One session and what it has been given: batches run one after another in it, so each is taken to start when the one before has ended. */
import type { Session } from '../dataplane/ports.js';
import type { BatchFormer } from './batch-former.js';
import type { Entry } from './waiting-list.js';

export interface RunningBatch {
  readonly slot: SessionSlot;
  readonly entries: readonly Entry[];
  readonly rows: number;
  /** With the plan that it was made by: the plan may change while it runs. */
  readonly former: BatchFormer;
  readonly submittedSeconds: number;
  /** Undefined while too few runs have been measured. */
  readonly expectedSeconds: number | undefined;
}

export class SessionSlot {
  readonly running: RunningBatch[] = [];
  isLost = false;
  #isAwaited = false;
  /** When its last run ended. */
  #endedSeconds = Number.NEGATIVE_INFINITY;

  constructor(readonly session: Session) {}

  /** It is lost, and will be back. */
  get isReturning(): boolean {
    return this.isLost && this.#isAwaited;
  }

  /** Takes nothing from now on, until it is back if it ever is; `onBack` then says so. */
  lose(onBack: () => void): void {
    this.isLost = true;
    if (this.#isAwaited || this.session.whenBack === undefined) return;
    this.#isAwaited = true;
    this.session.whenBack().then(
      () => {
        this.#isAwaited = false;
        this.isLost = false;
        onBack();
      },
      () => {
        this.#isAwaited = false;
      },
    );
  }

  get hasRoom(): boolean {
    return !this.isLost && this.running.length < this.session.depth;
  }

  /** When the batch that runs now began; meaningless while none does. */
  get startedSeconds(): number {
    return Math.max(this.running[0]?.submittedSeconds ?? 0, this.#endedSeconds);
  }

  /** Seconds that its batches still take; 0 for what is overdue or unknown. */
  remainingSeconds(nowSeconds: number): number {
    let left = 0;
    for (const [index, { expectedSeconds = 0 }] of this.running.entries())
      left += index === 0 ? Math.max(0, this.startedSeconds + expectedSeconds - nowSeconds) : expectedSeconds;
    return left;
  }

  /** Takes the batch out and says for how long it had the session. */
  end(batch: RunningBatch, endedSeconds: number): number {
    const seconds = endedSeconds - Math.max(batch.submittedSeconds, this.#endedSeconds);
    this.running.splice(this.running.indexOf(batch), 1);
    this.#endedSeconds = endedSeconds;
    return Math.max(0, seconds);
  }
}
