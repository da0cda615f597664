/**
 * The life of one simulated process. Stopped (SIGSTOP), nothing that waits in it goes on; when it goes on, what waited goes on one
 * by one, timers before answers, as Node's event loop does it. Dead, nothing goes on ever.
 */
import { setImmediate } from 'node:timers/promises';

type Waiting = 'Timer' | 'Answer';

export class ProcessGate {
  #state: 'Runs' | 'Stopped' | 'Dead' = 'Runs';
  readonly #waiting: Record<Waiting, (() => void)[]> = { Timer: [], Answer: [] };
  readonly #death = new AbortController();

  get isOpen(): boolean {
    return this.#state === 'Runs';
  }

  get isDead(): boolean {
    return this.#state === 'Dead';
  }

  /** Aborts at death, for what others hold for the process: its sockets. */
  get death(): AbortSignal {
    return this.#death.signal;
  }

  /** Resolves when the process runs. */
  pass(what: Waiting): Promise<void> {
    if (this.#state === 'Runs') return Promise.resolve();
    // one of its own each time: whoever waits for one that all share is kept in memory by it for ever
    if (this.#state === 'Dead') return new Promise(() => undefined);
    return new Promise((resolve) => this.#waiting[what].push(resolve));
  }

  stop(): void {
    if (this.#state === 'Runs') this.#state = 'Stopped';
  }

  async resume(): Promise<void> {
    if (this.#state !== 'Stopped') return;
    this.#state = 'Runs';
    for (const what of ['Timer', 'Answer'] as const) {
      for (const wake of this.#waiting[what].splice(0)) {
        wake();
        await setImmediate();
      }
    }
  }

  kill(): void {
    this.#state = 'Dead';
    this.#waiting.Timer = [];
    this.#waiting.Answer = [];
    this.#death.abort();
  }
}
