/** Time as one simulated process sees it: its timers stand still while it is stopped, and its time of day may be set wrong. */
import type { Clock } from '../../lib/clock.js';
import type { ProcessGate } from './process-gate.js';

export class ProcessClock implements Clock {
  /** How far this clock runs ahead of the world's. */
  offsetMs = 0;
  readonly #base: Clock;
  readonly #gate: ProcessGate;

  constructor(base: Clock, gate: ProcessGate) {
    this.#base = base;
    this.#gate = gate;
  }

  now(): number {
    return this.#base.now() + this.offsetMs;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await this.#base.sleep(ms, signal);
    if (!this.#gate.isOpen) await this.#gate.pass('Timer');
  }
}
