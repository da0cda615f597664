/** Metrics of the manager under controller-runtime's names, so that dashboards made for other operators show this one. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { SourceState } from './controller.js';
import type { QueueObserver, WorkQueue } from './work-queue.js';

const RECONCILE_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60];
const QUEUE_BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1000];
/** client-go's. */
const REQUEST_BUCKETS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
const ELECTION = 'slipway-operator';

/** controller-runtime's values of the label `result`. */
const RESULTS = ['success', 'requeue_after', 'requeue', 'error'] as const;
export type ReconcileOutcome = 'Done' | 'RequeueAfter' | 'Waiting' | 'Terminal' | 'Failed';
const RESULT_OF: Readonly<Record<ReconcileOutcome, (typeof RESULTS)[number]>> = {
  Done: 'success',
  RequeueAfter: 'requeue_after',
  Waiting: 'requeue_after',
  Terminal: 'error',
  Failed: 'error',
};

/** What one controller reports. */
export interface ControllerMetrics {
  readonly queue: QueueObserver;
  /** Once, when the queue is there: its gauges are read when somebody asks for metrics. */
  watchQueue(queue: WorkQueue): void;
  workers(count: number): void;
  started(): void;
  finished(outcome: ReconcileOutcome, seconds: number): void;
  /** A reconcile threw what only a mistake in the program throws. */
  panicked(): void;
  timedOut(): void;
}

export class ManagerMetrics {
  readonly registry = new Registry();
  readonly #queues = new Map<string, WorkQueue>();
  readonly #reconciles = this.#counter('controller_runtime_reconcile_total', 'Reconciliations by how they ended', ['controller', 'result']);
  readonly #errors = this.#counter('controller_runtime_reconcile_errors_total', 'Reconciliations that failed', ['controller']);
  readonly #terminal = this.#counter('controller_runtime_terminal_reconcile_errors_total', 'Reconciliations that failed for good', ['controller']);
  readonly #panics = this.#counter('controller_runtime_reconcile_panics_total', 'Reconciliations that threw a programming error', ['controller']);
  readonly #timeouts = this.#counter('controller_runtime_reconcile_timeouts_total', 'Reconciliations that took too long', ['controller']);
  readonly #seconds = this.#histogram('controller_runtime_reconcile_time_seconds', 'Time of a reconciliation', ['controller'], RECONCILE_BUCKETS);
  readonly #maxWorkers = this.#gauge('controller_runtime_max_concurrent_reconciles', 'Workers of the controller', ['controller']);
  readonly #activeWorkers = this.#gauge('controller_runtime_active_workers', 'Workers that reconcile now', ['controller']);
  readonly #adds = this.#counter('workqueue_adds_total', 'Keys added to the queue', ['name', 'controller']);
  readonly #retries = this.#counter('workqueue_retries_total', 'Keys added again after a failure', ['name', 'controller']);
  readonly #depth = this.#gauge('workqueue_depth', 'Keys that wait', ['name', 'controller']);
  readonly #queueSeconds = this.#histogram('workqueue_queue_duration_seconds', 'Time that a key waited', ['name', 'controller'], QUEUE_BUCKETS);
  readonly #workSeconds = this.#histogram('workqueue_work_duration_seconds', 'Time that a key was worked on', ['name', 'controller'], QUEUE_BUCKETS);
  readonly #leader = this.#gauge('leader_election_master_status', '1 while this replica leads', ['name']);
  readonly #requests = this.#counter('rest_client_requests_total', 'Requests to the API server', ['code', 'method']);
  readonly #requestSeconds = this.#histogram('rest_client_request_duration_seconds', 'Time until the head of the answer', ['verb'], REQUEST_BUCKETS);
  readonly #caches = new Map<string, () => SourceState | undefined>();
  readonly #relists = this.#counter('slipway_operator_relists_total', 'Watches that broke and were made anew', ['kind']);
  readonly #listenerErrors = this.#counter('slipway_operator_listener_errors_total', 'Events of a watch whose handler threw', ['kind']);

  /** `hasProcess`: with metrics of the process itself, whose observers live as long as it does. */
  constructor(hasProcess = true) {
    if (hasProcess) collectDefaultMetrics({ register: this.registry });
    const work = (seconds: (queue: WorkQueue) => number) => (gauge: Gauge<string>) => {
      for (const [name, queue] of this.#queues) gauge.set({ name, controller: name }, seconds(queue));
    };
    const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
    this.#collected(
      'workqueue_unfinished_work_seconds',
      'Time spent on keys in work',
      work((queue) => sum(queue.workingSeconds)),
    );
    this.#collected(
      'workqueue_longest_running_processor_seconds',
      'Time spent on the key that is longest in work',
      work((queue) => Math.max(0, ...queue.workingSeconds)),
    );
    for (const method of METHODS) for (const code of ['200', '<error>']) this.#requests.inc({ code, method }, 0);
    for (const verb of METHODS) this.#requestSeconds.zero({ verb });
    this.#collectCaches();
    this.setLeading(false);
  }

  setLeading(isLeading: boolean): void {
    this.#leader.set({ name: ELECTION }, isLeading ? 1 : 0);
  }

  /** For KubeTransport's `onAnswer`. */
  countRequest(method: string, code: string, seconds: number): void {
    this.#requests.inc({ code, method });
    this.#requestSeconds.observe({ verb: method }, seconds);
  }

  /** Read when somebody asks for metrics. */
  watchCache(kind: string, read: () => SourceState | undefined): void {
    this.#caches.set(kind, read);
  }

  /** Makes the series of a watched kind exist. */
  addKind(kind: string): void {
    this.#relists.inc({ kind }, 0);
    this.#listenerErrors.inc({ kind }, 0);
  }

  countRelist(kind: string): void {
    this.#relists.inc({ kind });
  }

  countListenerError(kind: string): void {
    this.#listenerErrors.inc({ kind });
  }

  forController(controller: string): ControllerMetrics {
    const queue = { name: controller, controller };
    this.#zero(controller);
    return {
      queue: {
        added: () => this.#adds.inc(queue),
        retried: () => this.#retries.inc(queue),
        depth: (waiting) => this.#depth.set(queue, waiting),
        taken: (seconds) => this.#queueSeconds.observe(queue, seconds),
        finished: (seconds) => this.#workSeconds.observe(queue, seconds),
      },
      watchQueue: (watched) => this.#queues.set(controller, watched),
      workers: (count) => this.#maxWorkers.set({ controller }, count),
      started: () => this.#activeWorkers.inc({ controller }),
      finished: (outcome, seconds) => {
        const result = RESULT_OF[outcome];
        this.#activeWorkers.dec({ controller });
        this.#seconds.observe({ controller }, seconds);
        this.#reconciles.inc({ controller, result });
        if (result === 'error') this.#errors.inc({ controller });
        if (outcome === 'Terminal') this.#terminal.inc({ controller });
      },
      panicked: () => this.#panics.inc({ controller }),
      timedOut: () => this.#timeouts.inc({ controller }),
    };
  }

  /** Every series exists from the start, so that the first failure is an increase and not a new series. */
  #zero(controller: string): void {
    for (const result of RESULTS) this.#reconciles.inc({ controller, result }, 0);
    for (const counter of [this.#errors, this.#terminal, this.#panics, this.#timeouts]) counter.inc({ controller }, 0);
    for (const gauge of [this.#maxWorkers, this.#activeWorkers]) gauge.set({ controller }, 0);
    this.#seconds.zero({ controller });
    const queue = { name: controller, controller };
    for (const counter of [this.#adds, this.#retries]) counter.inc(queue, 0);
    this.#depth.set(queue, 0);
    for (const histogram of [this.#queueSeconds, this.#workSeconds]) histogram.zero(queue);
  }

  #collectCaches(): void {
    const collected = (name: string, help: string, read: (state: SourceState) => number | undefined): void => {
      const gauge: Gauge<string> = new Gauge({
        ...{ name, help, labelNames: ['kind'], registers: [this.registry] },
        collect: () => {
          for (const [kind, state] of this.#caches) {
            const seen = state();
            const value = seen === undefined ? undefined : read(seen);
            if (value !== undefined) gauge.set({ kind }, value);
          }
        },
      });
    };
    collected('slipway_operator_cache_objects', 'Objects in the cache', ({ objects }) => objects);
    collected('slipway_operator_cache_last_event_age_seconds', 'Since the last change came', (state) => state.lastEventSecondsAgo);
  }

  #counter(name: string, help: string, labelNames: string[]): Counter<string> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  #gauge(name: string, help: string, labelNames: string[]): Gauge<string> {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }

  #histogram(name: string, help: string, labelNames: string[], buckets: number[]): Histogram<string> {
    return new Histogram({ name, help, labelNames, buckets, registers: [this.registry] });
  }

  /** A gauge that is computed when somebody asks. */
  #collected(name: string, help: string, collect: (gauge: Gauge<string>) => void): void {
    const gauge: Gauge<string> = new Gauge({
      name,
      help,
      labelNames: ['name', 'controller'],
      registers: [this.registry],
      collect: () => collect(gauge),
    });
  }
}
