/** Time that passes only when somebody sleeps. */
import type { Clock } from '../../lib/clock.js';

export class FakeClock implements Clock {
  readonly sleeps: number[] = [];
  #now = Date.UTC(2026, 0, 1);

  readonly now = (): number => this.#now;

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return;
    this.sleeps.push(ms);
    this.#now += ms;
  }
}
