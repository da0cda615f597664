/**
 * The sequences of one model, by correlation id, the longest unused first: how many there are, how much their states take, and
 * the one timer that frees those nobody has used for too long and tells requests whose time to wait is over.
 */
import { countBytes, type Tensor } from '../core/tensor.js';
import { Alarm, type AlarmOptions } from './alarm.js';
import { Sequence, type Turn } from './sequence.js';

export interface TableOptions extends AlarmOptions {
  readonly maxSequences: number;
  readonly maxIdleSeconds: number;
}

export class SequenceTable {
  readonly #sequences = new Map<string, Sequence>();
  /** Those in whose line a request waits that has a timeout; the bound of the lines is the bound of this. */
  readonly #timed = new Set<Sequence>();
  readonly #alarm: Alarm;
  #timeoutAt = Number.POSITIVE_INFINITY;
  #stateBytes = 0;

  constructor(
    readonly options: TableOptions,
    readonly onLate: (late: readonly (readonly [Sequence, Turn])[]) => void,
  ) {
    this.#alarm = new Alarm(options, () => this.#onAlarm());
  }

  get count(): number {
    return this.#sequences.size;
  }

  get stateBytes(): number {
    return this.#stateBytes;
  }

  /** The timer may be late: whoever asks frees what is over. */
  get isFull(): boolean {
    if (this.#sequences.size >= this.options.maxSequences) this.#freeIdle();
    return this.#sequences.size >= this.options.maxSequences;
  }

  find(id: string): Sequence | undefined {
    const found = this.#sequences.get(id);
    if (found === undefined || !this.#isOver(found)) return found;
    this.#free(found);
    return undefined;
  }

  add(id: string): Sequence {
    const sequence = new Sequence(id);
    this.#sequences.set(id, sequence);
    return sequence;
  }

  /** It was used now: the last to be freed. */
  touch(sequence: Sequence): void {
    if (this.#sequences.get(sequence.id) !== sequence) return;
    sequence.lastUseSeconds = this.options.nowSeconds();
    this.#sequences.delete(sequence.id);
    this.#sequences.set(sequence.id, sequence);
  }

  /** Nothing more can start in it now: it is freed when it is over, and when it is idle the clock runs. */
  rest(sequence: Sequence): void {
    if (sequence.isBusy || this.#sequences.get(sequence.id) !== sequence) return;
    if (sequence.states === undefined) this.#free(sequence);
    else this.#alarm.set(sequence.lastUseSeconds + this.options.maxIdleSeconds);
    if (this.#sequences.size === 0) this.#alarm.set(Number.POSITIVE_INFINITY);
  }

  setStates(sequence: Sequence, states: readonly Tensor[] | undefined): void {
    const bytes = countBytes(states ?? []);
    this.#stateBytes += bytes - sequence.stateBytes;
    sequence.stateBytes = bytes;
    sequence.states = states;
  }

  expectTimeout(sequence: Sequence, at: number): void {
    if (at === Number.POSITIVE_INFINITY) return;
    this.#timed.add(sequence);
    this.#timeoutAt = Math.min(this.#timeoutAt, at);
    this.#alarm.set(this.#timeoutAt);
  }

  /** Forgets every sequence; returns what waited. */
  close(): (readonly [Sequence, Turn])[] {
    this.#alarm.set(Number.POSITIVE_INFINITY);
    const waiting: (readonly [Sequence, Turn])[] = [];
    for (const sequence of this.#sequences.values()) {
      this.setStates(sequence, undefined);
      for (const turn of sequence.line) waiting.push([sequence, turn]);
      if (!sequence.isBusy) this.#sequences.delete(sequence.id);
    }
    return waiting;
  }

  #isOver(sequence: Sequence): boolean {
    return !sequence.isBusy && this.options.nowSeconds() >= sequence.lastUseSeconds + this.options.maxIdleSeconds;
  }

  #free(sequence: Sequence): void {
    this.setStates(sequence, undefined);
    this.#sequences.delete(sequence.id);
  }

  /** Returns when the next one is over. */
  #freeIdle(): number {
    for (const sequence of this.#sequences.values()) {
      if (sequence.isBusy) continue;
      if (!this.#isOver(sequence)) return sequence.lastUseSeconds + this.options.maxIdleSeconds;
      this.#free(sequence);
    }
    return Number.POSITIVE_INFINITY;
  }

  #onAlarm(): void {
    const idleAt = this.#freeIdle();
    const late = this.#takeLate();
    this.#alarm.set(Math.min(idleAt, this.#timeoutAt));
    if (late.length > 0) this.onLate(late);
  }

  #takeLate(): (readonly [Sequence, Turn])[] {
    const now = this.options.nowSeconds();
    if (now < this.#timeoutAt) return [];
    const late: (readonly [Sequence, Turn])[] = [];
    this.#timeoutAt = Number.POSITIVE_INFINITY;
    for (const sequence of this.#timed) {
      let next = Number.POSITIVE_INFINITY;
      for (const turn of sequence.line) {
        if (turn.timeoutAt <= now) late.push([sequence, turn]);
        else next = Math.min(next, turn.timeoutAt);
      }
      if (next === Number.POSITIVE_INFINITY) this.#timed.delete(sequence);
      this.#timeoutAt = Math.min(this.#timeoutAt, next);
    }
    return late;
  }
}
