/** One sequence in the server's memory: its states, its request that runs, and those that wait for their turn. */
import type { SequencePosition } from '../core/request-options.js';
import type { WorkItem } from '../dataplane/ports.js';
import type { States } from './sequence-inputs.js';

export interface Turn {
  readonly item: WorkItem;
  readonly position: SequencePosition;
  readonly arrivedSeconds: number;
  /** When its own timeout for waiting is over. */
  readonly timeoutAt: number;
  /** The sequence ends after it, because the one that was to begin a new one came to nothing. */
  isLast: boolean;
}

export class Sequence {
  readonly line: Turn[] = [];
  running: Turn | undefined;
  /** Undefined before the first request of the sequence was answered. */
  states: States | undefined;
  stateBytes = 0;
  /** Of each of its requests. */
  rows = 0;
  lastUseSeconds = 0;
  isPumping = false;

  constructor(readonly id: string) {}

  get isBusy(): boolean {
    return this.running !== undefined || this.line.length > 0;
  }

  /** Whether a request without START may follow what has come so far. */
  get isOpen(): boolean {
    const last = this.line.at(-1) ?? this.running;
    return last === undefined ? this.states !== undefined : !last.isLast && !last.position.isEnd;
  }

  /**
   * Takes a request out that came to nothing before its turn. If it was to begin the sequence anew, the one before it is the last,
   * and those behind it find no sequence when their turn comes. True: there is none before it, so the sequence is over now.
   */
  withdraw(turn: Turn): boolean {
    const index = this.line.indexOf(turn);
    if (index < 0) return false;
    this.line.splice(index, 1);
    return (turn.position.isStart || turn.isLast) && this.endBefore(index);
  }

  /** The sequence ends with the request before `index`; true when there is none: it is over now. */
  endBefore(index: number): boolean {
    const before = this.line[index - 1] ?? this.running;
    if (before === undefined) return true;
    before.isLast = true;
    return false;
  }
}
