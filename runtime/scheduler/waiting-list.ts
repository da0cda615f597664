/**
 * Requests in the order in which they came. A doubly linked list whose links lie in the entries: a request leaves from any
 * place in constant time (cancelled, or taken into a batch out of turn) and nothing of it stays behind.
 */
import type { ItemResult, WorkItem } from '../dataplane/ports.js';

export class Entry {
  previous: Entry | undefined = undefined;
  next: Entry | undefined = undefined;
  list: WaitingList | undefined = undefined;
  /** Its result, or undefined while there is none. */
  result: ItemResult | undefined = undefined;
  /** When its wait in the queue has been long enough; Infinity for never. */
  timeoutAt = Number.POSITIVE_INFINITY;
  /** Set once it has been in a batch that failed: it runs by itself now. */
  isAlone = false;
  /** Whether batching would be right for its tensors at all. */
  isJoinable = false;
  /** `done` has been called. */
  isDelivered = false;

  constructor(
    readonly item: WorkItem,
    /** Index of its priority level, 0 is the most urgent. */
    readonly level: number,
    readonly enqueuedSeconds: number,
  ) {}

  /** Rows that it counts for in bounds: a request without rows takes a place all the same. */
  get weight(): number {
    return Math.max(1, this.item.rows);
  }

  get deadlineAt(): number {
    return this.item.deadlineSeconds ?? Number.POSITIVE_INFINITY;
  }
}

export class WaitingList {
  first: Entry | undefined = undefined;
  last: Entry | undefined = undefined;
  count = 0;
  rows = 0;
  bytes = 0;

  push(entry: Entry): void {
    entry.list = this;
    entry.previous = this.last;
    entry.next = undefined;
    if (this.last === undefined) this.first = entry;
    else this.last.next = entry;
    this.last = entry;
    this.count += 1;
    this.rows += entry.weight;
    this.bytes += entry.item.bytes;
  }

  remove(entry: Entry): void {
    if (entry.list !== this) return;
    if (entry.previous === undefined) this.first = entry.next;
    else entry.previous.next = entry.next;
    if (entry.next === undefined) this.last = entry.previous;
    else entry.next.previous = entry.previous;
    entry.list = undefined;
    entry.previous = undefined;
    entry.next = undefined;
    this.count -= 1;
    this.rows -= entry.weight;
    this.bytes -= entry.item.bytes;
  }
}
