/** What a sweep came to, for people: how many points of each fault, how fast, and the command that repeats each failure. */
import { commandFor, type Point } from './points.js';
import type { Verdict } from './run-point.js';

export class SweepReport {
  readonly failures: string[] = [];
  readonly #byFault = new Map<string, number>();
  readonly #started = performance.now();
  #points = 0;
  #virtualMs = 0;

  add(point: Point, { violations, virtualMs }: Verdict): void {
    const { id, name } = point.fault;
    const row = `${id} ${name}${point.second === undefined ? '' : ', twice'}`;
    this.#byFault.set(row, (this.#byFault.get(row) ?? 0) + 1);
    this.#points++;
    this.#virtualMs += virtualMs;
    if (violations.length > 0) this.failures.push([commandFor(point), ...violations.map((violation) => `    ${violation}`)].join('\n'));
  }

  get points(): number {
    return this.#points;
  }

  /** Lines to print. */
  describe(): string {
    const seconds = (performance.now() - this.#started) / 1000;
    const hours = this.#virtualMs / 3_600_000;
    const rows = [...this.#byFault]
      .sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
      .map(([row, count]) => `${String(count).padStart(7)}  ${row}`);
    const rate = `${(this.#points / seconds).toFixed(1)} runs/s`;
    return [
      `${this.#points} points in ${seconds.toFixed(0)} s (${rate}), ${hours.toFixed(0)} hours of virtual time, ${this.failures.length} failed`,
      ...rows,
    ].join('\n');
  }
}
