/** What came of the requests of one level since it was cleared. */
import { InferenceError } from '../../runtime/core/inference-error.js';
import { ClientError } from '../client/client-error.js';
import { Latencies } from './latencies.js';

/** More codes than that cannot come; a server that makes them up fills no memory. */
const MOST_CODES = 32;

export class Tally {
  readonly latencies = new Latencies();
  readonly errors = new Map<string, number>();

  succeed(ms: number): void {
    this.latencies.add(ms);
  }

  fail(error: unknown): void {
    const named = error instanceof ClientError || error instanceof InferenceError ? error.code : 'UNKNOWN';
    const code = this.errors.has(named) || this.errors.size < MOST_CODES ? named : 'OTHER';
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
  }

  clear(): void {
    this.latencies.clear();
    this.errors.clear();
  }
}
