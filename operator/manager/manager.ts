/**
 * Runs controllers from the first list to the last write: health and metrics → watches → all caches filled → leadership → workers;
 * on a stop the same backwards, with what is in work finished and the leadership handed on. Knows no kind of object.
 */
import { type Clock, STEADY_CLOCK } from '../../lib/clock.js';
import { HttpServer } from '../../lib/http-server.js';
import { describeError, type Logger } from '../../lib/logger.js';
import { Controller, type ControllerOptions, type MapToKeys, type WatchSource } from './controller.js';
import { newDebugHandler } from './debug-handler.js';
import { newMetricsHandler, newProbesHandler } from './http-handlers.js';
import type { LeaderElection } from './leader-election.js';
import type { ManagerMetrics } from './metrics.js';

export interface ListenPorts {
  readonly probes: number;
  readonly metrics: number;
  /** On the loopback address alone. Absent: not served. */
  readonly debug?: number | undefined;
}

export interface ManagerOptions {
  readonly logger: Logger;
  readonly metrics: ManagerMetrics;
  /** Absent: this replica is the only one. */
  readonly election?: LeaderElection | undefined;
  /** Absent: nothing is listened on. */
  readonly ports?: ListenPorts | undefined;
  /** Absent: every address of the machine. */
  readonly host?: string;
  /** How long what is in work may take after a stop. */
  readonly graceMs?: number;
  /** What is left to tell once the last worker has ended, while this replica still leads. */
  readonly finish?: () => Promise<void>;
  readonly clock?: Clock;
}

export interface ControllerSetup extends Omit<ControllerOptions, 'metrics' | 'logger' | 'clock'> {
  /** What wakes the controller up: changes of a source, and the keys that they concern. */
  readonly watches: readonly { readonly source: WatchSource; readonly mapToKeys: MapToKeys }[];
}

/** `LeadershipLost`: another replica may lead by now, so the process must end and begin anew. */
export type ManagerOutcome = 'Stopped' | 'LeadershipLost';

const LOOPBACK = '127.0.0.1';
const GRACE_MS = 10_000;
const CUT_OFF_MS = 2000;
const FINISH_MS = 2000;
const RELEASE_MS = 2000;
const SYNC_LOG_MS = 10_000;

export class Manager {
  readonly #options: ManagerOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #sources: WatchSource[] = [];
  readonly #controllers: Controller[] = [];
  readonly #probes: HttpServer;
  readonly #metrics: HttpServer;
  readonly #debug: HttpServer;
  #isStopping = false;
  #ports = { probes: 0, metrics: 0, debug: 0 };

  constructor(options: ManagerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? STEADY_CLOCK;
    this.#logger = options.logger;
    const onUnknown = (error: unknown) => this.#logger.error('HTTP request failed', { error: describeError(error) });
    this.#probes = new HttpServer(
      'health probes',
      newProbesHandler(() => this.#whyNotReady()),
      onUnknown,
    );
    this.#metrics = new HttpServer('metrics', newMetricsHandler(options.metrics.registry), onUnknown);
    const parts = { controllers: this.#controllers, sources: this.#sources, election: options.election };
    this.#debug = new HttpServer('debugging', newDebugHandler(parts), onUnknown);
  }

  /** The ports that are listened on, once `run` has begun. */
  get ports(): Required<ListenPorts> {
    return this.#ports;
  }

  /** A kind that is watched for its cache and wakes nobody up. */
  addSource(source: WatchSource): void {
    if (this.#sources.includes(source)) return;
    this.#sources.push(source);
    if (source.state !== undefined) this.#options.metrics.watchCache(source.name, () => source.state?.());
  }

  addController({ watches, ...options }: ControllerSetup): void {
    const { metrics, logger } = this.#options;
    const controller = new Controller({ ...options, metrics: metrics.forController(options.name), logger, clock: this.#clock });
    for (const { source, mapToKeys } of watches) {
      this.addSource(source);
      controller.watch(source, mapToKeys);
    }
    this.#controllers.push(controller);
  }

  /** Until the signal aborts or leadership is lost. Rejects only when it cannot listen. */
  async run(signal: AbortSignal): Promise<ManagerOutcome> {
    const { host, ports, election } = this.#options;
    const watching = new AbortController();
    try {
      if (ports !== undefined) {
        this.#ports = {
          probes: await this.#probes.listen(host, ports.probes),
          metrics: await this.#metrics.listen(host, ports.metrics),
          debug: ports.debug === undefined ? 0 : await this.#debug.listen(LOOPBACK, ports.debug),
        };
      }
      const running = this.#sources.map((source) => source.run(watching.signal));
      const mayLead = (await this.#waitForSync(signal)) && (election === undefined || (await election.acquire(signal)));
      const outcome = mayLead ? await this.#lead(signal) : 'Stopped';
      watching.abort();
      await Promise.all(running);
      return outcome;
    } finally {
      this.#isStopping = true;
      watching.abort();
      await Promise.all([this.#probes.close(), this.#metrics.close(), this.#debug.close()]);
    }
  }

  /** Works until there is a reason to stop. Renews until the last worker has ended, and only then lets the next replica in. */
  async #lead(signal: AbortSignal): Promise<ManagerOutcome> {
    const { election, metrics } = this.#options;
    if (election === undefined) metrics.setLeading(true);
    const [stop, cut, renewing] = [new AbortController(), new AbortController(), new AbortController()];
    const work = Promise.all(this.#controllers.map((controller) => controller.run(stop.signal, cut.signal)));
    const kept = election?.keep(renewing.signal).then((outcome) => {
      if (outcome === 'Lost') cut.abort();
      return outcome;
    });
    await Promise.race([aborted(signal), aborted(cut.signal)]);
    this.#isStopping = true;
    this.#logger.info(cut.signal.aborted ? 'Leadership was lost' : 'Stopping');
    stop.abort();
    let isLeftBehind = false;
    if (!(await this.#endsWithin(work, cut.signal.aborted ? CUT_OFF_MS : (this.#options.graceMs ?? GRACE_MS)))) {
      cut.abort();
      isLeftBehind = !(await this.#endsWithin(work, CUT_OFF_MS));
      if (isLeftBehind) this.#logger.warn('A reconcile does not end and is left behind: the lease is left to run out');
    }
    const { finish } = this.#options;
    if (finish !== undefined && !cut.signal.aborted && !(await this.#endsWithin(finish(), FINISH_MS))) this.#logger.warn('Some Events were not told');
    renewing.abort();
    if ((await kept) === 'Lost') return 'LeadershipLost';
    if (!isLeftBehind) await this.#finish(election); // what still writes must not write beside the next leader
    return 'Stopped';
  }

  /** A server that does not answer holds nobody up. */
  async #finish(election: LeaderElection | undefined): Promise<void> {
    const limit = new AbortController();
    await this.#endsWithin(election?.release(limit.signal) ?? Promise.resolve(), RELEASE_MS);
    limit.abort();
  }

  /** False when the signal aborts first. Says every while what it waits for. */
  async #waitForSync(signal: AbortSignal): Promise<boolean> {
    const synced = Promise.race([Promise.all(this.#sources.map((source) => source.synced())), aborted(signal)]);
    while (!signal.aborted) {
      if (await this.#endsWithin(synced, SYNC_LOG_MS)) break;
      this.#logger.warn('Waiting for the first list of some kinds', { kinds: this.#unsynced().join(', ') });
    }
    return !signal.aborted;
  }

  async #endsWithin(work: Promise<unknown>, limitMs: number): Promise<boolean> {
    const limit = new AbortController();
    const inTime = await Promise.race([work.then(() => true), this.#clock.sleep(limitMs, limit.signal).then(() => false)]);
    limit.abort();
    return inTime;
  }

  #unsynced(): string[] {
    return this.#sources.filter((source) => !source.hasSynced).map((source) => source.name);
  }

  #whyNotReady(): string {
    if (this.#isStopping) return 'stopping';
    const unsynced = this.#unsynced();
    return unsynced.length === 0 ? '' : `waiting for the first list of ${unsynced.join(', ')}`;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
