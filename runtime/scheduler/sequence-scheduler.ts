/**
 * Keeps the state of stateful models between the requests of a sequence. Requests of one sequence run one after another, in the
 * order in which they came; those of different sequences meet in the scheduler underneath, which batches them as any others.
 * The next request of a sequence sees the state that the last answered one left: one that failed or was cancelled changes
 * nothing. A START that fails ends its sequence, since whoever went on would go on from another state than he thinks.
 */
import type { InferenceError } from '../core/inference-error.js';
import { LIMITS } from '../core/limits.js';
import type { SequenceSettings } from '../core/model-settings.js';
import { countBytes, type Tensor } from '../core/tensor.js';
import type { ItemResult, ItemSuccess, RequestScheduler, WorkItem } from '../dataplane/ports.js';
import { IdleCount } from './idle-count.js';
import { newCancelled, newOverload, newTimedOut, newUnloading, toInferenceError } from './refusals.js';
import { copyTensor } from './response-cache.js';
import { Sequence, type Turn } from './sequence.js';
import { SequenceInputs, type SequenceModel } from './sequence-inputs.js';
import { newDraining, newNoRoomForState, newNoSequenceId, newNotStarted, newOtherRows, newTooManySequences } from './sequence-refusals.js';
import { SequenceTable } from './sequence-table.js';

export interface SequenceOptions extends SequenceModel {
  /** Seconds that only grow. */
  readonly nowSeconds: () => number;
  /** Calls back once, after about so many milliseconds; returns what takes it back. */
  readonly setTimer: (ms: number, callback: () => void) => () => void;
  /** Of all states together. Absent: LIMITS.sequenceStateBytes. */
  readonly maxStateBytes?: number;
}

export class SequenceScheduler implements RequestScheduler {
  readonly #table: SequenceTable;
  readonly #inputs: SequenceInputs;
  readonly #open = new IdleCount();
  readonly #stateOutputs: readonly string[];
  #waiting = 0;
  #waitingBytes = 0;
  #isDraining = false;
  #isClosed = false;

  /** Throws LoadError for an initial state that is not there or not of the state's size. */
  constructor(
    readonly inner: RequestScheduler,
    readonly sequence: SequenceSettings,
    readonly options: SequenceOptions,
  ) {
    this.#inputs = new SequenceInputs(options, sequence);
    this.#table = new SequenceTable({ ...sequence, nowSeconds: options.nowSeconds, setTimer: options.setTimer }, (late) => {
      for (const [owner, turn] of late) this.#giveUp(owner, turn, newTimedOut(options.nowSeconds() - turn.arrivedSeconds));
    });
    this.#stateOutputs = sequence.states.map(({ outputName }) => outputName);
  }

  get depth(): number {
    return this.inner.depth + this.#waiting;
  }

  get waiting(): number {
    return this.inner.waiting + this.#waiting;
  }

  get targetRows(): number | undefined {
    return this.inner.targetRows;
  }

  /** Alive: begun and not ended, or with requests under way. */
  get sequences(): number {
    return this.#table.count;
  }

  get stateBytes(): number {
    return this.#table.stateBytes;
  }

  async idle(): Promise<void> {
    await this.#open.idle();
    await this.inner.idle();
  }

  /** From now on no sequence begins; those that have begun go on. */
  drain(): void {
    this.#isDraining = true;
  }

  /** Refuses what waits and what comes, and forgets every state. */
  close(): void {
    this.#isClosed = true;
    for (const [owner, turn] of this.#table.close()) this.#giveUp(owner, turn, newUnloading(this.options.model));
  }

  submit(item: WorkItem): void {
    const owner = this.#admit(item);
    if (!(owner instanceof Sequence)) {
      if (item.sequence?.isStart === true) this.#endKnown(item.sequence.id);
      item.done({ error: owner });
      return;
    }
    const { sequence: position, timeoutSeconds } = item;
    if (position === undefined) return; // refused above
    const arrivedSeconds = this.options.nowSeconds();
    const timeoutAt = timeoutSeconds === undefined ? Number.POSITIVE_INFINITY : arrivedSeconds + timeoutSeconds;
    const turn: Turn = { item, position, arrivedSeconds, timeoutAt, isLast: false };
    owner.line.push(turn);
    this.#open.add();
    this.#waiting += 1;
    this.#waitingBytes += item.bytes;
    item.call.onGone = () => this.#giveUp(owner, turn, newCancelled('before the model ran'));
    this.#table.touch(owner);
    this.#pump(owner);
    if (owner.line.includes(turn)) this.#table.expectTimeout(owner, timeoutAt);
  }

  #admit(item: WorkItem): Sequence | InferenceError {
    const { sequence: position, call, bytes } = item;
    const { model } = this.options;
    if (this.#isClosed) return newUnloading(model);
    if (position === undefined) return newNoSequenceId(model);
    if (call.isGone) return newCancelled('before the model ran');
    const known = this.#table.find(position.id);
    if (!position.isStart && known?.isOpen !== true) return newNotStarted(model, position, this.sequence.maxIdleSeconds);
    if (known?.isBusy === true && (this.#waiting >= LIMITS.queueLength || this.#waitingBytes + bytes > LIMITS.queueBytes))
      return newOverload(`${this.#waiting} requests with ${this.#waitingBytes} bytes wait for their turn in their sequences already`);
    if (!position.isStart && known !== undefined) return known;
    if (this.#isDraining) return newDraining(model);
    if (known === undefined && this.#table.isFull) return newTooManySequences(model, this.sequence.maxSequences);
    const stateBytes = this.#inputs.countInitialBytes(item);
    if (!this.#hasRoom(stateBytes - (known?.stateBytes ?? 0))) return newNoRoomForState(model, stateBytes, this.#maxStateBytes);
    return known ?? this.#table.add(position.id);
  }

  /** A START was refused: what comes next from that client must not go on from the state of the sequence before. */
  #endKnown(id: string): void {
    const owner = this.#table.find(id);
    if (owner?.endBefore(owner.line.length) !== true) return;
    this.#table.setStates(owner, undefined);
    this.#table.rest(owner);
  }

  get #maxStateBytes(): number {
    return this.options.maxStateBytes ?? LIMITS.sequenceStateBytes;
  }

  #hasRoom(moreBytes: number): boolean {
    return this.#table.stateBytes + moreBytes <= this.#maxStateBytes;
  }

  /** Starts what can start: no more than one request of a sequence at a time. A loop, since a refusal comes back at once. */
  #pump(owner: Sequence): void {
    if (owner.isPumping) return;
    owner.isPumping = true;
    while (owner.running === undefined) {
      const turn = owner.line.shift();
      if (turn === undefined) break;
      this.#leaveLine(turn);
      owner.running = turn;
      this.#start(owner, turn);
    }
    owner.isPumping = false;
    this.#table.rest(owner);
  }

  #start(owner: Sequence, turn: Turn): void {
    const { item, position } = turn;
    const started = this.options.nowSeconds();
    if (turn.timeoutAt <= started && turn.arrivedSeconds < started) {
      this.#finish(owner, turn, { error: newTimedOut(started - turn.arrivedSeconds) });
      return;
    }
    try {
      const inputs = this.#fill(owner, turn);
      const outputs = [...item.outputs, ...this.#stateOutputs.filter((name) => !item.outputs.includes(name))];
      const bytes = countBytes(inputs);
      const timeout = item.timeoutSeconds === undefined ? {} : { timeoutSeconds: turn.timeoutAt - started };
      this.inner.submit({ ...item, inputs, outputs, bytes, ...timeout, sequence: position, done: (result) => this.#finish(owner, turn, result) });
    } catch (error) {
      this.#finish(owner, turn, { error: toInferenceError(this.options.model, error) });
    }
  }

  #fill(owner: Sequence, { item, position }: Turn): Tensor[] {
    const { model } = this.options;
    const rows = this.#inputs.rowsOf(item);
    if (position.isStart) {
      this.#table.setStates(owner, undefined);
      owner.rows = rows;
    } else if (owner.states === undefined) throw newNotStarted(model, position, this.sequence.maxIdleSeconds);
    else if (owner.rows !== rows) throw newOtherRows(model, position, { rows, begun: owner.rows });
    return this.#inputs.fill(item, position, owner.states);
  }

  #finish(owner: Sequence, turn: Turn, result: ItemResult): void {
    const { item, position } = turn;
    this.#table.touch(owner); // before anybody is told: the next request may come from inside
    const told = result.error === undefined ? this.#keep(owner, turn, result) : result;
    owner.running = undefined;
    const isOver = turn.isLast || (told.error === undefined ? position.isEnd : position.isStart);
    if (isOver) this.#table.setStates(owner, undefined);
    item.call.onGone = undefined;
    item.done(told);
    this.#open.remove();
    this.#pump(owner);
  }

  /** Takes the states out of the answer. They are copied: as views they would keep the memory of a whole batch alive. */
  #keep(owner: Sequence, { item, position, isLast }: Turn, result: ItemSuccess): ItemResult {
    const outputs = result.outputs.slice(0, item.outputs.length);
    if (position.isEnd || isLast || this.#isClosed) return { ...result, outputs };
    const states: Tensor[] = [];
    for (const { inputName, outputName } of this.sequence.states) {
      const output = result.outputs.find(({ name }) => name === outputName);
      if (output !== undefined) states.push({ ...output, name: inputName });
    }
    const bytes = countBytes(states);
    if (!this.#hasRoom(bytes - owner.stateBytes)) return { error: newNoRoomForState(this.options.model, bytes, this.#maxStateBytes), hasRun: true };
    this.#table.setStates(owner, states.map(copyTensor));
    return { ...result, outputs };
  }

  /** One that waits in its sequence's line comes to nothing. */
  #giveUp(owner: Sequence, turn: Turn, error: InferenceError): void {
    if (!owner.line.includes(turn)) return;
    if (owner.withdraw(turn)) this.#table.setStates(owner, undefined);
    this.#refuse(turn, error);
    this.#pump(owner);
  }

  #refuse(turn: Turn, error: InferenceError): void {
    this.#leaveLine(turn);
    turn.item.call.onGone = undefined;
    turn.item.done({ error });
    this.#open.remove();
  }

  #leaveLine(turn: Turn): void {
    this.#waiting -= 1;
    this.#waitingBytes -= turn.item.bytes;
  }
}
