/**
 * Everything that waits: requests to be run again by themselves first, then the levels by urgency, each first come first
 * served; in each level those whose timeout only delays them come last.
 */
import type { InferenceError } from '../core/inference-error.js';
import { computeLevel, computeTimeoutSeconds, type QueuePolicies, type QueuePolicy } from './queue-policy.js';
import { newOverload, newTimedOut, newTooLate } from './refusals.js';
import { type Entry, WaitingList } from './waiting-list.js';

interface Level {
  readonly policy: QueuePolicy;
  readonly fresh: WaitingList;
  readonly delayed: WaitingList;
}

/** What became of a request whose time has come. */
export type Lateness = { readonly error: InferenceError } | 'delayed' | undefined;

export class WaitingLine {
  readonly #again = new WaitingList();
  readonly #levels: readonly Level[];
  readonly #lists: readonly WaitingList[];

  constructor(readonly policies: QueuePolicies) {
    this.#levels = Array.from({ length: policies.priorityLevels }, (_, index) => ({
      policy: policies.levelPolicies.get(index + 1) ?? policies.defaultPolicy,
      fresh: new WaitingList(),
      delayed: new WaitingList(),
    }));
    this.#lists = [this.#again, ...this.#levels.flatMap(({ fresh, delayed }) => [fresh, delayed])];
  }

  get count(): number {
    return this.#sum((list) => list.count);
  }

  get rows(): number {
    return this.#sum((list) => list.rows);
  }

  get bytes(): number {
    return this.#sum((list) => list.bytes);
  }

  /** The one that is served first, unless its time is up. */
  get first(): Entry | undefined {
    for (const list of this.#lists) if (list.first !== undefined) return list.first;
    return undefined;
  }

  /** In the order in which they are served. */
  get lists(): readonly WaitingList[] {
    return this.#lists;
  }

  levelOf(priority: number): number {
    return this.policies.priorityLevels === 1 ? 0 : computeLevel(this.policies, priority);
  }

  /** Rows that are served before a request which comes to this level now. */
  rowsAhead(level: number): number {
    let rows = 0;
    for (let index = 0; index < 2 * level + 2; index++) rows += this.#lists[index]?.rows ?? 0;
    return rows;
  }

  /** Why there is no room for one more at this level, or undefined. */
  checkRoom(level: number, weight: number, bytes: number): InferenceError | undefined {
    const queue = this.#levels[level];
    if (queue === undefined) return undefined;
    const { maxRequests, maxRows } = queue.policy;
    const count = queue.fresh.count + queue.delayed.count;
    const rows = queue.fresh.rows + queue.delayed.rows;
    if (maxRequests > 0 && count >= maxRequests) return newOverload(`${count} requests wait already`);
    if (maxRows > 0 && rows > 0 && rows + weight > maxRows) return newOverload(`${rows} of ${maxRows} rows wait already`);
    const held = this.bytes;
    if (held > 0 && held + bytes > this.policies.maxBytes) return newOverload(`the waiting requests hold ${held} of ${this.policies.maxBytes} bytes`);
    return undefined;
  }

  push(entry: Entry): void {
    const queue = this.#levels[entry.level];
    if (queue === undefined) throw new RangeError(`There is no priority level ${entry.level + 1}`);
    entry.timeoutAt = entry.enqueuedSeconds + computeTimeoutSeconds(queue.policy, entry.item.timeoutSeconds);
    queue.fresh.push(entry);
  }

  /** For one that was in a batch that failed: it has waited, so no bound holds it up and only its deadline counts. */
  pushAgain(entry: Entry): void {
    entry.isAlone = true;
    entry.timeoutAt = Number.POSITIVE_INFINITY;
    this.#again.push(entry);
  }

  /** Takes a request that has waited for too long out, or to the end of its level. */
  expire(entry: Entry, nowSeconds: number): Lateness {
    if (nowSeconds >= entry.deadlineAt) return { error: this.#leave(entry, newTooLate(nowSeconds - entry.enqueuedSeconds)) };
    if (nowSeconds < entry.timeoutAt) return undefined;
    const queue = this.#levels[entry.level];
    if (queue === undefined || queue.policy.timeoutAction === 'REJECT')
      return { error: this.#leave(entry, newTimedOut(nowSeconds - entry.enqueuedSeconds)) };
    entry.timeoutAt = Number.POSITIVE_INFINITY;
    entry.list?.remove(entry);
    queue.delayed.push(entry);
    return 'delayed';
  }

  #leave(entry: Entry, error: InferenceError): InferenceError {
    entry.list?.remove(entry);
    return error;
  }

  #sum(of: (list: WaitingList) => number): number {
    let sum = 0;
    for (const list of this.#lists) sum += of(list);
    return sum;
  }
}
