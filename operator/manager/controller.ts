/**
 * Workers that take keys from a queue and reconcile them, one worker per key at a time. A reconcile that throws harms its key
 * alone: its error is logged once, here, and the key comes back later. Terminal errors wait for the next change instead.
 */
import { type Clock, STEADY_CLOCK } from '../../lib/clock.js';
import { RetryError, TerminalError, toError, WaitingError } from '../../lib/errors.js';
import { describeError, type Logger } from '../../lib/logger.js';
import { ENDED, ScopedAbort } from '../../lib/scoped-abort.js';
import type { KubeObject, ObjectKey, ReconcileResult, Reconciler } from '../ports.js';
import type { ControllerMetrics, ReconcileOutcome } from './metrics.js';
import { ReconcileLog, type ReconcileRecord } from './reconcile-log.js';
import { WorkQueue, type WorkQueueOptions } from './work-queue.js';

export interface SourceState {
  readonly objects: number;
  /** Of the newest object that came. */
  readonly resourceVersion: string | undefined;
  /** Undefined: nothing came yet. */
  readonly lastEventSecondsAgo: number | undefined;
  readonly relists: number;
}

/** Objects whose changes wake a controller up. `operator/kube`'s Informer is one. */
export interface WatchSource {
  readonly name: string;
  readonly hasSynced: boolean;
  /** For people who look. */
  state?(): SourceState;
  subscribe(listener: (object: KubeObject, old?: KubeObject) => void): void;
  synced(): Promise<void>;
  run(signal: AbortSignal): Promise<void>;
}

/** Which keys to reconcile after a change: those of the object as it is, and of what it was before. */
export type MapToKeys = (object: KubeObject, old?: KubeObject) => readonly ObjectKey[];

export interface ControllerOptions {
  readonly name: string;
  readonly reconciler: Reconciler;
  readonly metrics: ControllerMetrics;
  readonly logger: Logger;
  readonly workers?: number;
  /** A reconcile that takes longer is asked to end. */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
  readonly queue?: Pick<WorkQueueOptions, 'backoff' | 'random'>;
}

const WORKERS = 4;
const TIMEOUT_MS = 120_000;

export class Controller {
  readonly name: string;
  readonly #options: ControllerOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #queue: WorkQueue;
  readonly log: ReconcileLog;

  constructor(options: ControllerOptions) {
    this.name = options.name;
    this.#options = options;
    this.#clock = options.clock ?? STEADY_CLOCK;
    this.#logger = options.logger.child({ controller: options.name });
    this.#queue = new WorkQueue({ ...options.queue, clock: this.#clock, observer: options.metrics.queue });
    this.log = new ReconcileLog(this.#clock);
    options.metrics.watchQueue(this.#queue);
    options.metrics.workers(options.workers ?? WORKERS);
  }

  /** For people who look. */
  get queue(): Pick<WorkQueue, 'snapshot'> {
    return this.#queue;
  }

  /** Changes of `source` wake up the keys that they are mapped to. */
  watch(source: WatchSource, mapToKeys: MapToKeys): void {
    source.subscribe((object, old) => {
      for (const key of mapToKeys(object, old)) this.enqueue(key);
    });
  }

  enqueue(key: ObjectKey): void {
    this.#queue.add(`${key.namespace}/${key.name}`);
  }

  /**
   * Works until `stop` aborts, and then until what is in work has ended. Work is asked to end when `cut` aborts: a stop in good
   * order lets it finish first, the loss of leadership does not.
   */
  async run(stop: AbortSignal, cut: AbortSignal): Promise<void> {
    const close = () => this.#queue.close();
    stop.addEventListener('abort', close, { once: true });
    if (stop.aborted) close();
    await Promise.all(Array.from({ length: this.#options.workers ?? WORKERS }, () => this.#work(cut)));
    stop.removeEventListener('abort', close);
  }

  async #work(cut: AbortSignal): Promise<void> {
    for (let id = await this.#queue.take(); id !== undefined; id = await this.#queue.take()) {
      try {
        await this.#reconcile(id, cut);
      } finally {
        this.#queue.done(id);
      }
    }
  }

  async #reconcile(id: string, cut: AbortSignal): Promise<void> {
    const { metrics, reconciler } = this.#options;
    const start = this.#clock.now();
    const key = parseKey(id);
    const scope = new ScopedAbort(cut);
    const timer = this.#startTimer(key, scope);
    metrics.started();
    let record: Omit<ReconcileRecord, 'seconds'> = { outcome: 'Done' };
    try {
      const result = await reconciler.reconcile(key, scope.signal);
      this.#queue.forget(id);
      if (result.kind === 'RequeueAfter') this.#queue.addAfter(id, result.afterMs);
      record = describeResult(result);
    } catch (thrown) {
      const error = toError(thrown);
      record = { outcome: this.#takeError(id, key, error, cut), error: describeError(error) };
    } finally {
      timer.abort(ENDED);
      scope.release();
      const seconds = (this.#clock.now() - start) / 1000;
      this.log.note(id, { ...record, seconds });
      metrics.finished(record.outcome, seconds);
    }
  }

  #startTimer(key: ObjectKey, scope: ScopedAbort): AbortController {
    const timer = new AbortController();
    this.#clock.sleep(this.#options.timeoutMs ?? TIMEOUT_MS, timer.signal).then(() => {
      if (timer.signal.aborted) return;
      this.#logger.warn('Reconcile takes too long and was asked to end', { ...key });
      this.#options.metrics.timedOut();
      scope.abort();
    });
    return timer;
  }

  #takeError(id: string, key: ObjectKey, error: Error, cut: AbortSignal): ReconcileOutcome {
    if (error instanceof WaitingError) {
      this.#queue.forget(id);
      this.#queue.addAfter(id, error.retryAfterMs);
      this.#logger.debug('Reconcile waits', { ...key, reason: error.reason, retryAfterMs: error.retryAfterMs, message: error.message });
      return 'Waiting';
    }
    if (error instanceof TerminalError) {
      this.#queue.forget(id);
      this.#logger.error('Reconcile failed for good', { ...key, reason: error.reason, error: describeError(error) });
      return 'Terminal';
    }
    this.#queue.addAfterFailure(id);
    if (error instanceof RetryError && error.atLatestMs !== undefined) this.#queue.addAfter(id, error.atLatestMs);
    if (isMistake(error)) this.#options.metrics.panicked();
    if (cut.aborted) this.#logger.info('Reconcile was cut off', { ...key, error: describeError(error) });
    else this.#logger.error('Reconcile failed', { ...key, error: describeError(error), ...(isMistake(error) ? { stack: error.stack } : {}) });
    return 'Failed';
  }
}

function describeResult(result: ReconcileResult): Omit<ReconcileRecord, 'seconds'> {
  const did = result.actions === undefined ? {} : { actions: result.actions };
  return result.kind === 'Done' ? { outcome: 'Done', ...did } : { outcome: 'RequeueAfter', requeueAfterSeconds: result.afterMs / 1000, ...did };
}

/** What a wrong program throws, as opposed to a world that says no. */
function isMistake(error: Error): boolean {
  return [TypeError, RangeError, ReferenceError].some((type) => error instanceof type);
}

/** Neither a namespace nor a name has a slash. */
function parseKey(id: string): ObjectKey {
  const slash = id.indexOf('/');
  return { namespace: id.slice(0, slash), name: id.slice(slash + 1) };
}
