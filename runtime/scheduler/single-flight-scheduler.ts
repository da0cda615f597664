/**
 * Computes equal requests that are in flight at once a single time (opt-in). The run belongs to nobody: it goes on while one
 * of those who wait for it is left, so no cancel ends another's. What the request itself is to blame for (INVALID_ARGUMENT) is
 * said to all; any other error only to the first, and the others run by themselves.
 */
import { CallState } from '../core/call-state.js';
import { LIMITS } from '../core/limits.js';
import type { ItemResult, RequestScheduler, WorkItem } from '../dataplane/ports.js';
import { IdleCount } from './idle-count.js';
import { newCancelled } from './refusals.js';
import type { RequestKeys } from './request-key.js';

interface Flight {
  readonly key: string;
  readonly call: CallState;
  leader: WorkItem | undefined;
  readonly followers: Set<WorkItem>;
}

export class SingleFlightScheduler implements RequestScheduler {
  readonly #flights = new Map<string, Flight>();
  readonly #open = new IdleCount();
  #followers = 0;
  #followerBytes = 0;

  constructor(
    readonly inner: RequestScheduler,
    readonly keys: RequestKeys,
  ) {}

  get depth(): number {
    return this.inner.depth + this.#followers;
  }

  get waiting(): number {
    return this.inner.waiting + this.#followers;
  }

  get targetRows(): number | undefined {
    return this.inner.targetRows;
  }

  async idle(): Promise<void> {
    await this.#open.idle();
    await this.inner.idle();
  }

  submit(item: WorkItem): void {
    if (item.call.isGone || !canShare(item)) {
      this.inner.submit(item);
      return;
    }
    const key = `${item.priority} ${this.keys.keyOf(item)}`; // who asks for urgency does not wait for one who did not
    const flight = this.#flights.get(key);
    if (flight === undefined) this.#lead(key, item);
    else if (this.#hasRoom(item)) this.#follow(flight, item);
    else this.inner.submit(item);
  }

  /** A follower holds its inputs in memory, since it may have to run: the bounds are those of the queue. */
  #hasRoom(item: WorkItem): boolean {
    return this.#followers < LIMITS.queueLength && this.#followerBytes + item.bytes <= LIMITS.queueBytes;
  }

  #lead(key: string, item: WorkItem): void {
    const flight: Flight = { key, call: new CallState(), leader: item, followers: new Set() };
    this.#flights.set(key, flight);
    this.#open.add();
    item.call.onGone = () => {
      flight.leader = undefined;
      this.#abandon(flight, item);
    };
    this.inner.submit({ ...item, call: flight.call, done: (result) => this.#land(flight, result) });
  }

  #follow(flight: Flight, item: WorkItem): void {
    flight.followers.add(item);
    this.#followers += 1;
    this.#followerBytes += item.bytes;
    item.call.onGone = () => {
      this.#release(flight, item);
      this.#abandon(flight, item);
    };
  }

  #release(flight: Flight, item: WorkItem): void {
    if (!flight.followers.delete(item)) return;
    this.#followers -= 1;
    this.#followerBytes -= item.bytes;
  }

  #abandon(flight: Flight, item: WorkItem): void {
    item.done({ error: newCancelled('before its answer was there') });
    if (flight.leader !== undefined || flight.followers.size > 0) return;
    this.#forget(flight); // before the run ends: who comes now must not join what is cancelled
    flight.call.abandon();
  }

  #forget(flight: Flight): void {
    if (this.#flights.get(flight.key) === flight) this.#flights.delete(flight.key);
  }

  #land(flight: Flight, result: ItemResult): void {
    this.#forget(flight);
    const { leader } = flight;
    const followers = [...flight.followers];
    for (const follower of followers) {
      this.#release(flight, follower);
      follower.call.onGone = undefined; // one that goes while others are told is told below
    }
    flight.leader = undefined;
    const isShared = result.error === undefined || result.error.code === 'INVALID_ARGUMENT';
    if (leader !== undefined) settle(leader, result);
    // Without a leader, the first who is left gets what he would have had: the run, if there was one, is counted once.
    const first = leader === undefined && isShared ? followers.shift() : undefined;
    if (first !== undefined) settle(first, result);
    for (const follower of followers) {
      if (follower.call.isGone) settle(follower, { error: newCancelled('before its answer was there') });
      else if (!isShared) this.inner.submit(follower);
      else if (result.error !== undefined) settle(follower, { error: result.error });
      else settle(follower, { outputs: result.outputs, queueSeconds: result.queueSeconds });
    }
    this.#open.remove();
  }
}

/** One with a timeout of its own for the queue would wait by another's clock. */
function canShare(item: WorkItem): boolean {
  return item.sequence === undefined && item.timeoutSeconds === undefined;
}

function settle(item: WorkItem, result: ItemResult): void {
  item.call.onGone = undefined;
  item.done(result);
}
