/**
 * A session in a process of its own, started again when it dies: a native crash costs the requests that it had, and until it
 * is back others get UNAVAILABLE. Waits between starts grow; one that never answers a run between deaths is given up.
 */
import type { InferenceError } from '../core/inference-error.js';
import type { ModelSignature } from '../core/signature.js';
import type { RunBatch, RunOutcome, Session, SessionEvent } from '../dataplane/ports.js';
import { newSessionLost } from './session-lost.js';

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 30_000;
/** Deaths in a row without a run that ended well. */
const MAX_DEATHS = 8;

export interface RestartingOptions {
  /** Starts another; `onLost` is called at most once per session. */
  readonly start: (onLost: (error: InferenceError) => void) => Promise<Session>;
  /** Hears of each death after which it starts again, and of each start. */
  readonly onSession?: ((event: SessionEvent) => void) | undefined;
  /** It is given up. */
  readonly onCrash: (error: Error) => void;
}

export class RestartingSession implements Session {
  readonly depth: number;
  readonly signature: ModelSignature;
  readonly provider: string;
  #current: Session | undefined;
  #deaths = 0;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;
  #starting: Promise<void> = Promise.resolve();
  /** While it is away and somebody waits for it. */
  #back: PromiseWithResolvers<void> | undefined;
  #end: InferenceError | undefined;

  private constructor(
    first: Session,
    readonly options: RestartingOptions,
  ) {
    this.#current = first;
    this.depth = first.depth;
    this.signature = first.signature;
    this.provider = first.provider;
  }

  /** Rejects as `start` does the first time. */
  static async open(options: RestartingOptions): Promise<RestartingSession> {
    let session: RestartingSession | undefined;
    let early: InferenceError | undefined;
    const first = await options.start((error) => {
      if (session === undefined) early = error;
      else session.#onLost(error);
    });
    session = new RestartingSession(first, options);
    if (early !== undefined) session.#onLost(early);
    return session;
  }

  async run(batch: RunBatch): Promise<RunOutcome> {
    if (this.#current === undefined) throw this.#end ?? newSessionLost('it starts again');
    const outcome = await this.#current.run(batch);
    this.#deaths = 0;
    return outcome;
  }

  trim(): void {
    this.#current?.trim?.();
  }

  /** Resolves at once while it can run. */
  readonly whenBack = async (): Promise<void> => {
    if (this.#current !== undefined) return;
    if (this.#end !== undefined) throw this.#end;
    this.#back ??= Promise.withResolvers<void>();
    await this.#back.promise;
  };

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#giveUp(newSessionLost('it is closed'));
    clearTimeout(this.#timer);
    await this.#starting;
    const last = this.#current;
    this.#current = undefined;
    await last?.close();
  }

  #onLost(error: InferenceError): void {
    this.#current = undefined;
    if (this.#isClosed) return;
    this.#deaths++;
    if (this.#deaths >= MAX_DEATHS) {
      this.#giveUp(error);
      this.options.onCrash(error);
      return;
    }
    const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (this.#deaths - 1));
    this.options.onSession?.({ kind: 'Lost', reason: error.message, restartMs: waitMs });
    this.#timer = setTimeout(() => {
      this.#starting = this.#restart();
    }, waitMs);
  }

  #giveUp(error: InferenceError): void {
    this.#end = error;
    this.#back?.reject(error);
    this.#back = undefined;
  }

  async #restart(): Promise<void> {
    try {
      this.#current = await this.options.start((error) => this.#onLost(error));
      if (!this.#isClosed) this.options.onSession?.({ kind: 'Restarted' });
      this.#back?.resolve();
      this.#back = undefined;
    } catch (cause) {
      this.#onLost(newSessionLost(`it did not start again: ${cause instanceof Error ? cause.message : String(cause)}`));
    }
  }
}
