/**
 * What a sweep comes to, for people: how far it is, how fast, and the command that repeats each failure, as soon as it is known; at
 * the end how many points of each fault.
 */
import { commandFor, type Point } from './points.js';
import type { Verdict } from './run-point.js';

const PROGRESS_SECONDS = 60;

export class SweepReport {
  readonly failures: string[] = [];
  readonly #byFault = new Map<string, { points: number; failed: number }>();
  readonly #started = performance.now();
  readonly #planned: number;
  readonly #print: (line: string) => void;
  #toldAt = 0;
  #points = 0;
  #virtualMs = 0;

  constructor(planned: number, print: (line: string) => void = () => undefined) {
    this.#planned = planned;
    this.#print = print;
  }

  add(point: Point, { violations, virtualMs }: Verdict): void {
    const { id, name } = point.fault;
    const row = `${id} ${name}${point.second === undefined ? '' : ', twice'}`;
    const { points, failed } = this.#byFault.get(row) ?? { points: 0, failed: 0 };
    const isFailure = violations.length > 0;
    this.#byFault.set(row, { points: points + 1, failed: failed + (isFailure ? 1 : 0) });
    this.#points++;
    this.#virtualMs += virtualMs;
    if (isFailure) this.#fail([commandFor(point), ...violations.map((violation) => `    ${violation}`)].join('\n'));
    if (this.seconds - this.#toldAt < PROGRESS_SECONDS) return;
    this.#toldAt = this.seconds;
    this.#print(this.#headline());
  }

  get seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  end(): void {
    const rows = [...this.#byFault]
      .sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
      .map(([row, { points, failed }]) => `${String(points).padStart(7)}  ${row}${failed === 0 ? '' : `: ${failed} failed`}`);
    const rest = this.#points < this.#planned ? [`The time was over: ${this.#planned - this.#points} points were not run`] : [];
    this.#print([this.#headline(), ...rows, ...rest].join('\n'));
  }

  #fail(failure: string): void {
    this.failures.push(failure);
    this.#print(failure);
  }

  #headline(): string {
    const rate = `${(this.#points / this.seconds).toFixed(1)} runs/s`;
    const hours = (this.#virtualMs / 3_600_000).toFixed(0);
    const done = `${this.#points} of ${this.#planned} points in ${this.seconds.toFixed(0)} s (${rate})`;
    return `${done}, ${hours} hours of virtual time, ${this.failures.length} failed`;
  }
}
