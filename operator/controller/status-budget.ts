/**
 * When may a status be written? Pods that flap must not become as many writes, and what one pass of a row finds is overtaken by the
 * next. A bucket of two tokens for each model, one more each second: a write takes one, and only a transition may take the second
 * within a second of the last write. Nobody waits longer than a second. What waits is not kept: the pass at the end of the wait
 * computes it anew from what is so then, so nothing is lost and the newest wins.
 *
 * Worked example, Ready flapping ten times a second: written at 0 ms, at 100 ms (the second token), at 1,000 ms, 2,000 ms …: in T
 * seconds at most T + 2 writes.
 */
import type { ModelDeploymentStatus } from '../api/zz_generated.modeldeployment.js';
import { isSameJson } from '../view/json.js';

export interface BudgetLimits {
  /** Between two writes of one model, in the long run. */
  readonly intervalMs: number;
  /** A pass that changed the world is followed by another within moments: its status may wait so long for that one's. */
  readonly settleMs: number;
  /** Between two writes that only tell what was learned of a model anew. */
  readonly learnedMs: number;
  readonly maxModels: number;
}

export const BUDGET_LIMITS: BudgetLimits = { intervalMs: 1000, settleMs: 200, learnedMs: 600_000, maxModels: 20_000 };

export interface StatusChange {
  readonly before: ModelDeploymentStatus | undefined;
  readonly after: ModelDeploymentStatus;
  /** The pass wrote something else, and all went well. */
  readonly isUnderWay: boolean;
}

/** All in milliseconds of one clock. */
interface Account {
  /** Of the last write. */
  readonly lastMs: number;
  /** When the bucket is full again. */
  readonly fullMs: number;
  readonly learnedMs: number | undefined;
  /** Since when a status waits. */
  readonly waitingSinceMs: number | undefined;
}

const NEVER = Number.NEGATIVE_INFINITY;
const FRESH: Account = { lastMs: NEVER, fullMs: NEVER, learnedMs: undefined, waitingSinceMs: undefined };

export class StatusBudget {
  readonly #limits: BudgetLimits;
  /** In order of last use: the oldest goes when there are too many. One that is forgotten starts anew. */
  readonly #accounts = new Map<string, Account>();

  constructor(limits: BudgetLimits = BUDGET_LIMITS) {
    this.#limits = limits;
  }

  /** How long the write has to wait; 0 when it may be done, which is then counted. */
  take(uid: string, change: StatusChange, nowMs: number): number {
    const { intervalMs, settleMs, learnedMs } = this.#limits;
    const account = this.#accountOf(uid, nowMs);
    const since = account.waitingSinceMs ?? nowMs;
    const isLearned = isOnlyLearned(change);
    const waitMs = Math.max(
      account.fullMs - intervalMs - nowMs,
      isTransition(change) ? 0 : account.lastMs + intervalMs - nowMs,
      change.isUnderWay ? since + settleMs - nowMs : 0,
      isLearned && account.learnedMs !== undefined ? account.learnedMs + learnedMs - nowMs : 0,
    );
    if (waitMs > 0) this.#keep(uid, { ...account, waitingSinceMs: since });
    else {
      const fullMs = Math.max(account.fullMs, nowMs) + intervalMs;
      this.#keep(uid, { lastMs: nowMs, fullMs, learnedMs: isLearned ? nowMs : account.learnedMs, waitingSinceMs: undefined });
    }
    return Math.max(waitMs, 0);
  }

  /** The write was not done: nothing is counted, and how soon it is tried again is for the queue's backoff to say. */
  refund(uid: string): void {
    this.#accounts.delete(uid);
  }

  /** A clock that was set back must not hold a status up: what lies in the future counts as unknown. */
  #accountOf(uid: string, nowMs: number): Account {
    const account = this.#accounts.get(uid) ?? FRESH;
    const isPast = [account.lastMs, account.learnedMs, account.waitingSinceMs].every((atMs) => atMs === undefined || atMs <= nowMs);
    return isPast ? account : FRESH;
  }

  /** Nothing waits any more: what was to be said is not so any more. */
  settle(uid: string): void {
    const account = this.#accounts.get(uid);
    if (account?.waitingSinceMs !== undefined) this.#accounts.set(uid, { ...account, waitingSinceMs: undefined });
  }

  #keep(uid: string, account: Account): void {
    this.#accounts.delete(uid);
    this.#accounts.set(uid, account);
    if (this.#accounts.size <= this.#limits.maxModels) return;
    const [oldest] = this.#accounts.keys();
    if (oldest !== undefined) this.#accounts.delete(oldest);
  }
}

/** What people and other controllers wait for: the first word, the answer to an edit, Ready. */
function isTransition({ before, after }: StatusChange): boolean {
  return before === undefined || before.observedGeneration !== after.observedGeneration || readyOf(before) !== readyOf(after);
}

function readyOf({ conditions }: ModelDeploymentStatus): string | undefined {
  return conditions?.find(({ type }) => type === 'Ready')?.status;
}

/** What pods reported of the model is another than they reported before, and nothing else changed. */
function isOnlyLearned({ before, after }: StatusChange): boolean {
  if (before?.model?.signature === undefined) return false;
  const { model: _, coldStart: __, ...rest } = after;
  const { model: ___, coldStart: ____, ...restBefore } = before;
  return isSameJson(rest, restBefore);
}
