/**
 * Decides which requests run when, and together. With a session free, what came in one turn of the event loop starts at its
 * end; while all are busy, requests collect and go together when one is free. Nobody waits for a timer unless the user asked
 * for a delay. One slow, broken or cancelled request costs its neighbours at most a second run, never their answer.
 * Time, timers and the end of the turn come in as functions: the same inputs give the same schedule.
 */
import type { BatchPlan } from '../core/batch-plan.js';
import { InferenceError } from '../core/inference-error.js';
import type { Tensor } from '../core/tensor.js';
import type { ItemResult, RequestScheduler, RunOutcome, RunSeconds, Session, WorkItem } from '../dataplane/ports.js';
import { estimateSeconds } from './admission.js';
import { Alarm } from './alarm.js';
import { BatchFormer } from './batch-former.js';
import type { BatchSizeLearner } from './batch-size-learner.js';
import { OrderedDelivery } from './ordered-delivery.js';
import { checkPolicies, type QueuePolicies } from './queue-policy.js';
import { newCancelled, newHopeless, newLost, newUnloading, toInferenceError } from './refusals.js';
import { RunTimes } from './run-times.js';
import { type RunningBatch, SessionSlot } from './session-slot.js';
import { computeSecondBatchAt, pickSlot } from './slot-picker.js';
import { splitOutcome } from './split-outcome.js';
import { WaitingLine } from './waiting-line.js';
import { Entry } from './waiting-list.js';

export interface SchedulerObserver {
  /** A run ended well. */
  observeBatch(fact: { readonly rows: number; readonly requests: number; readonly run: RunSeconds }): void;
  /** The scheduler stopped batching; `plan.why` says why. */
  observePlan(plan: BatchPlan): void;
}

export interface SchedulerOptions {
  /** Name of the model, for messages. */
  readonly model: string;
  /** Copies of one model; at least one. */
  readonly sessions: readonly Session[];
  readonly plan: BatchPlan;
  readonly policies: QueuePolicies;
  /** Absent: batches stop growing at the plan's target. */
  readonly learner?: BatchSizeLearner;
  /** Seconds that only grow. */
  readonly nowSeconds: () => number;
  /** Calls back once, after about so many milliseconds; returns what takes it back. */
  readonly setTimer: (ms: number, callback: () => void) => () => void;
  /** Calls back at the end of this turn of the event loop (setImmediate). */
  readonly defer: (callback: () => void) => void;
  readonly observer: SchedulerObserver;
}

export class Scheduler implements RequestScheduler {
  readonly #line: WaitingLine;
  readonly #slots: readonly SessionSlot[];
  readonly #delivery: OrderedDelivery;
  readonly #times = new RunTimes();
  #former: BatchFormer;
  #isDeferred = false;
  #isClosed = false;
  #runningRequests = 0;
  #lastEndSeconds = Number.NEGATIVE_INFINITY;
  /** No request's time is up before this. */
  #expiryAt = Number.POSITIVE_INFINITY;
  readonly #alarm: Alarm;
  #idleWaiters: (() => void)[] = [];
  /** Of one row of the request that waited first when last one did. */
  #rowBytes = 0;

  constructor(readonly options: SchedulerOptions) {
    const fault = checkPolicies(options.policies);
    const [session] = options.sessions;
    if (fault !== undefined) throw new RangeError(fault);
    if (session === undefined) throw new RangeError(`Model "${options.model}" has no session to run in`);
    this.#line = new WaitingLine(options.policies);
    this.#slots = options.sessions.map((each) => new SessionSlot(each));
    this.#alarm = new Alarm(options, () => this.#onTimer());
    this.#delivery = new OrderedDelivery(options.policies.preserveOrdering);
    this.#former = new BatchFormer(options.plan, session.signature);
  }

  get plan(): BatchPlan {
    return this.#former.plan;
  }

  /** Requests that wait or run. */
  get depth(): number {
    return this.#line.count + this.#runningRequests;
  }

  get waiting(): number {
    return this.#line.count;
  }

  get waitingRows(): number {
    return this.#line.rows;
  }

  /** Rows at which batches stop growing now. */
  get targetRows(): number {
    const { maxRows, targetRows } = this.plan;
    const first = this.#line.first?.item;
    if (first !== undefined) this.#rowBytes = countRowBytes(first);
    return Math.max(1, Math.min(maxRows, this.options.learner?.targetRows(this.#rowBytes) ?? targetRows));
  }

  /** Tells the scheduler how long a run takes that it did not make itself, such as one of a warm-up. */
  learn(rows: number, seconds: number): void {
    this.#times.add(rows, seconds);
  }

  submit(item: WorkItem): void {
    const now = this.options.nowSeconds();
    const level = this.#line.levelOf(item.priority);
    const refusal = this.#refuse(item, level, now);
    if (refusal !== undefined) {
      item.done({ error: refusal });
      return;
    }
    const entry = new Entry(item, level, now);
    entry.isJoinable = this.#former.canJoin(item);
    this.#line.push(entry);
    this.#delivery.expect(entry);
    item.call.onGone = () => this.#abandon(entry);
    const expiryAt = Math.min(entry.deadlineAt, entry.timeoutAt);
    if (expiryAt < this.#expiryAt) this.#expiryAt = expiryAt;
    this.#wake(now);
  }

  /** From now on; batches that run keep the plan that they were made by. */
  replacePlan(plan: BatchPlan): void {
    this.#former = new BatchFormer(plan, this.#former.signature);
    for (const list of this.#line.lists) {
      for (let entry = list.first; entry !== undefined; entry = entry.next) entry.isJoinable = this.#former.canJoin(entry.item);
    }
    this.#wake(this.options.nowSeconds());
  }

  /** Resolves once nothing waits and nothing runs. */
  idle(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /** Refuses what waits and what comes; resolves when the runs in progress have ended. The sessions stay open: they are the caller's. */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#refuseWaiting(newUnloading(this.options.model));
    return this.idle();
  }

  #refuse(item: WorkItem, level: number, now: number): InferenceError | undefined {
    if (this.#isClosed) return newUnloading(this.options.model);
    if (item.call.isGone) return newCancelled('before the model ran');
    const hopeless = this.#liveSessions() === 0 ? this.#newLost() : this.#checkDeadline(item, level, now);
    if (hopeless !== undefined) return hopeless;
    const weight = Math.max(1, item.rows);
    const full = this.#line.checkRoom(level, weight, item.bytes);
    if (full === undefined || !this.#isDeferred) return full;
    this.#fill(); // sessions are free, only the turn has not ended: make room
    return this.#line.checkRoom(level, weight, item.bytes);
  }

  #checkDeadline(item: WorkItem, level: number, now: number): InferenceError | undefined {
    if (item.deadlineSeconds === undefined || item.bytes === 0) return undefined; // rows without elements take no time, however many
    const left = item.deadlineSeconds - now;
    const needed = left <= 0 ? 0 : this.#estimate(item.rows, level, now);
    return needed === undefined || (left > 0 && needed <= left) ? undefined : newHopeless(left, needed);
  }

  #estimate(rows: number, level: number, now: number): number | undefined {
    let remaining = Number.POSITIVE_INFINITY;
    let sessions = 0;
    for (const slot of this.#slots) {
      if (slot.isLost) continue;
      sessions += 1;
      remaining = Math.min(remaining, slot.remainingSeconds(now));
    }
    const idleSeconds = this.#runningRequests > 0 ? 0 : Math.max(0, now - this.#lastEndSeconds);
    const load = { sessions, remainingSeconds: remaining, idleSeconds, rowsAhead: this.#line.rowsAhead(level), targetRows: this.targetRows };
    return estimateSeconds(this.#times, rows, load);
  }

  #liveSessions(): number {
    let live = 0;
    for (const slot of this.#slots) if (!slot.isLost) live += 1;
    return live;
  }

  #newLost(): InferenceError {
    return newLost(
      this.options.model,
      this.#slots.some((slot) => slot.isReturning),
    );
  }

  /** Starts at the end of the turn what can start, and sees to it that the next moment to act is not missed. */
  #wake(now: number): void {
    if (this.#isDeferred) return;
    if (pickSlot(this.#slots, this.#line.rows >= this.targetRows, now) === undefined) {
      this.#watch(Number.POSITIVE_INFINITY);
      return;
    }
    this.#isDeferred = true;
    this.options.defer(() => {
      if (this.#isDeferred) this.#fill();
    });
  }

  /** Gives sessions what waits for as long as there are both. */
  #fill(): void {
    this.#isDeferred = false;
    let holdUntil = Number.POSITIVE_INFINITY;
    while (this.#line.count > 0) {
      const now = this.options.nowSeconds();
      const slot = pickSlot(this.#slots, this.#line.rows >= this.targetRows, now);
      const head = slot === undefined ? undefined : this.#head(now);
      if (slot === undefined || head === undefined) break;
      holdUntil = this.#holdUntil(head);
      if (now < holdUntil) break;
      holdUntil = Number.POSITIVE_INFINITY;
      this.#start(slot, this.#former.form(head, this.#line.lists, { limit: this.#limit(head), nowSeconds: now }), now);
    }
    this.#watch(holdUntil);
    this.#tellIdle();
  }

  /** The request whose turn it is; those whose time is up are told so on the way. */
  #head(now: number): Entry | undefined {
    for (const list of this.#line.lists) {
      while (list.first !== undefined) {
        const entry = list.first;
        const late = this.#line.expire(entry, now);
        if (late === undefined) return entry;
        if (late !== 'delayed') this.#delivery.settle(entry, late);
      }
    }
    return undefined;
  }

  /** Until when a request waits for others although a session is free; a time long past for one that does not. */
  #holdUntil(head: Entry): number {
    const { maxDelaySeconds } = this.plan;
    if (maxDelaySeconds <= 0 || !head.isJoinable || head.isAlone || this.#line.rows >= this.targetRows) return Number.NEGATIVE_INFINITY;
    const latestStart = head.deadlineAt - 2 * (this.#times.expect(this.targetRows) ?? 0);
    return Math.min(head.enqueuedSeconds + maxDelaySeconds, latestStart);
  }

  /** Rows that the next batch may have. Where several sessions are free, they share what waits if that ends it clearly earlier. */
  #limit(head: Entry): number {
    const target = Math.max(1, Math.min(this.plan.maxRows, this.options.learner?.nextRows(countRowBytes(head.item)) ?? this.plan.targetRows));
    let free = 0;
    for (const slot of this.#slots) if (!slot.isLost && slot.running.length === 0) free += 1;
    if (free < 2) return target;
    const whole = Math.min(target, this.#line.rows);
    const share = Math.max(head.item.rows, Math.ceil(this.#line.rows / free));
    const [shared, together] = [this.#times.expect(share), this.#times.expect(whole)];
    return share < whole && shared !== undefined && together !== undefined && shared <= 0.7 * together ? share : target;
  }

  #start(slot: SessionSlot, entries: readonly Entry[], now: number): void {
    let rows = 0;
    for (const entry of entries) {
      entry.list?.remove(entry);
      rows += entry.item.rows;
    }
    const parts = entries.map((entry) => entry.item);
    const outputs = parts[0]?.outputs ?? [];
    const batch: RunningBatch = { slot, entries, rows, former: this.#former, submittedSeconds: now, expectedSeconds: this.#times.expect(rows) };
    slot.running.push(batch);
    this.#runningRequests += entries.length;
    const run = parts.length === 1 ? { parts, outputs } : { parts, outputs, layout: this.#former.layout(parts, rows) };
    runSafely(slot.session, run).then(
      (outcome) => this.#finish(batch, outcome),
      (error: unknown) => this.#fail(batch, error),
    );
  }

  #finish(batch: RunningBatch, outcome: RunOutcome): void {
    const { entries, rows, former } = batch;
    const now = this.options.nowSeconds();
    const seconds = this.#end(batch, now - outcome.outputSeconds);
    if (rows > 0) this.#learnFrom(batch, seconds);
    this.options.observer.observeBatch({ rows, requests: entries.length, run: outcome });
    const outputs = entries.length === 1 ? [outcome.outputs] : splitOutcome(outcome.outputs, batch.entries.map(itemOf), former);
    if (typeof outputs === 'string') {
      this.#stopBatching(outputs);
      this.#runAgain(entries);
    }
    this.#fill(); // the session's next batch before the answers of the last
    if (typeof outputs !== 'string') this.#deliver(batch, outcome, { outputs, startedSeconds: now - outcome.outputSeconds - seconds });
    this.#tellIdle();
  }

  #deliver(
    batch: RunningBatch,
    run: RunSeconds,
    { outputs, startedSeconds }: { outputs: readonly (readonly Tensor[])[]; startedSeconds: number },
  ): void {
    for (let index = 0; index < batch.entries.length; index++) {
      const entry = batch.entries[index];
      const own = outputs[index];
      if (entry === undefined || own === undefined) continue;
      const queueSeconds = Math.max(0, startedSeconds - entry.enqueuedSeconds);
      this.#delivery.settle(entry, { outputs: own, queueSeconds, run, batchRows: batch.rows });
    }
  }

  #fail(batch: RunningBatch, error: unknown): void {
    const { entries, slot } = batch;
    this.#end(batch, this.options.nowSeconds());
    const isLost = error instanceof InferenceError && error.code === 'UNAVAILABLE';
    if (isLost) slot.lose(() => this.#wake(this.options.nowSeconds()));
    const mayTryAgain = !isLost && entries.length > 1;
    if (mayTryAgain) this.#runAgain(entries);
    this.#fill();
    if (!mayTryAgain)
      for (const entry of entries) this.#delivery.settle(entry, { error: toInferenceError(this.options.model, error), hasRun: !isLost });
    if (this.#liveSessions() === 0) this.#refuseWaiting(this.#newLost());
    this.#tellIdle();
  }

  /** Each by itself, so that one request which the model cannot compute fails no other. */
  #runAgain(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.result !== undefined) continue;
      this.#line.pushAgain(entry);
      this.#expiryAt = Math.min(this.#expiryAt, entry.deadlineAt);
    }
  }

  #stopBatching(why: string): void {
    const plan: BatchPlan = { ...this.plan, maxRows: 1, targetRows: 1, why: `Batching was switched off: ${why}` };
    this.replacePlan(plan);
    this.options.observer.observePlan(plan);
  }

  /** Says for how long the batch had the session, by the session's own end: this thread may hear of it much later, when it is busy. */
  #end(batch: RunningBatch, endedSeconds: number): number {
    this.#runningRequests -= batch.entries.length;
    this.#lastEndSeconds = endedSeconds;
    return batch.slot.end(batch, endedSeconds);
  }

  #learnFrom({ rows, entries }: RunningBatch, seconds: number): void {
    this.learn(rows, seconds);
    const first = entries[0]?.item;
    if (first !== undefined) this.options.learner?.observe(rows, seconds, countRowBytes(first));
  }

  #abandon(entry: Entry): void {
    const isWaiting = entry.list !== undefined;
    entry.list?.remove(entry);
    this.#delivery.settleNow(entry, { error: newCancelled(isWaiting ? 'before the model ran' : 'while the model ran') });
    this.#tellIdle();
  }

  #refuseWaiting(error: InferenceError): void {
    for (const list of this.#line.lists) {
      while (list.first !== undefined) {
        const entry = list.first;
        list.remove(entry);
        this.#delivery.settle(entry, { error });
      }
    }
    this.#watch(Number.POSITIVE_INFINITY);
    this.#tellIdle();
  }

  /** Keeps one timer: the end of a delay, the next request whose time is up, or the moment for a session's second batch. */
  #watch(holdUntil: number): void {
    let at = Number.POSITIVE_INFINITY;
    if (this.#line.count === 0) this.#expiryAt = at;
    else {
      at = Math.min(holdUntil, this.#expiryAt);
      // While a request waits for company with a session free, no second batch is made either; and a moment that has come was used or is of no use.
      if (holdUntil === Number.POSITIVE_INFINITY) at = Math.min(at, this.#nextSecondBatchAt());
    }
    this.#alarm.set(at);
  }

  #nextSecondBatchAt(): number {
    const now = this.options.nowSeconds();
    let next = Number.POSITIVE_INFINITY;
    for (const slot of this.#slots) {
      const at = computeSecondBatchAt(slot);
      if (at > now && at < next) next = at;
    }
    return next;
  }

  #onTimer(): void {
    const now = this.options.nowSeconds();
    if (now >= this.#expiryAt) this.#sweep(now);
    this.#fill();
  }

  /** Tells those whose time is up, wherever they wait: the bound of the queue is the bound of this. */
  #sweep(now: number): void {
    let next = Number.POSITIVE_INFINITY;
    const told: [Entry, ItemResult][] = []; // afterwards: who is told may submit or cancel, which moves the links
    for (const list of this.#line.lists) {
      let entry = list.first;
      while (entry !== undefined) {
        const following: Entry | undefined = entry.next;
        const late = this.#line.expire(entry, now);
        if (late === undefined || late === 'delayed') next = Math.min(next, entry.deadlineAt, entry.timeoutAt);
        else told.push([entry, late]);
        entry = following;
      }
    }
    this.#expiryAt = next;
    for (const [entry, late] of told) this.#delivery.settle(entry, late);
  }

  #isIdle(): boolean {
    return this.#line.count === 0 && this.#runningRequests === 0;
  }

  #tellIdle(): void {
    if (this.#idleWaiters.length === 0 || !this.#isIdle()) return;
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const resolve of waiters) resolve();
  }
}

/** Inputs of one of its rows. */
function countRowBytes({ bytes, rows }: WorkItem): number {
  return bytes / Math.max(1, rows);
}

function itemOf(entry: Entry): WorkItem {
  return entry.item;
}

/** A session that throws instead of rejecting fails its batch and not the scheduler. */
function runSafely(session: Session, batch: Parameters<Session['run']>[0]): Promise<RunOutcome> {
  try {
    return session.run(batch);
  } catch (error) {
    return Promise.reject(error);
  }
}
