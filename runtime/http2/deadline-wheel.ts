/**
 * Deadlines of thousands of calls on one timer. A call enters and leaves in constant time, without a timer of its own: the
 * wheel's slots are lists, and a tick looks at the slots that passed since the last one.
 *
 * Example: 512 slots of 8 ms. An entry due at 10,000 ms lies in slot floor(10000 / 8) % 512 = 226; when the hand passes slot
 * 226 earlier, one turn of 4096 ms too soon, it stays.
 */
export interface Timed {
  /** Called once, at most a slot late. */
  onDeadline(): void;
}

const SLOTS = 512;
const SLOT_MS = 8;

/** A place in the wheel. Links go both ways, so that leaving needs no search. */
export class WheelEntry {
  next: WheelEntry | undefined;
  previous: WheelEntry | undefined;
  isIn = false;

  constructor(
    readonly timed: Timed,
    /** On the wheel's clock. */
    readonly dueMs: number,
  ) {}
}

export class DeadlineWheel {
  readonly #slots: (WheelEntry | undefined)[] = Array.from({ length: SLOTS }, () => undefined);
  #count = 0;
  #turned = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `nowMs` only grows. */
  constructor(readonly nowMs: () => number) {}

  get size(): number {
    return this.#count;
  }

  add(timed: Timed, dueMs: number): WheelEntry {
    const entry = new WheelEntry(timed, dueMs);
    if (this.#count === 0) {
      this.#turned = Math.floor(this.nowMs() / SLOT_MS);
      this.#timer ??= setTimeout(this.#tick, SLOT_MS).unref();
    }
    // what is due already waits for the next tick, not for a whole turn
    const slot = Math.max(Math.ceil(dueMs / SLOT_MS), this.#turned + 1) % SLOTS;
    const first = this.#slots[slot];
    entry.next = first;
    if (first !== undefined) first.previous = entry;
    this.#slots[slot] = entry;
    entry.isIn = true;
    this.#count++;
    return entry;
  }

  /** Does nothing for what fired or left already. */
  remove(entry: WheelEntry): void {
    if (!entry.isIn) return;
    entry.isIn = false;
    this.#count--;
    const { next, previous } = entry;
    if (next !== undefined) next.previous = previous;
    if (previous !== undefined) previous.next = next;
    else this.#dropFirst(entry);
    entry.next = undefined;
    entry.previous = undefined;
  }

  /** The head of a list lies either where its due time says or, when it was late already, at the slot after the hand. */
  #dropFirst(entry: WheelEntry): void {
    const usual = Math.ceil(entry.dueMs / SLOT_MS) % SLOTS;
    const slot = this.#slots[usual] === entry ? usual : this.#slots.indexOf(entry);
    this.#slots[slot] = entry.next;
  }

  readonly #tick = (): void => {
    this.#timer = undefined;
    this.turn();
    if (this.#count > 0) this.#timer ??= setTimeout(this.#tick, SLOT_MS).unref();
  };

  /** Fires what is due. Called by the timer; tests call it themselves. */
  turn(): void {
    const now = this.nowMs();
    const hand = Math.floor(now / SLOT_MS);
    const first = Math.max(this.#turned + 1, hand - SLOTS + 1);
    this.#turned = hand;
    for (let slot = first; slot <= hand; slot++) this.#fire(slot % SLOTS, now);
  }

  #fire(slot: number, now: number): void {
    let entry = this.#slots[slot];
    while (entry !== undefined) {
      const { next } = entry;
      if (entry.dueMs <= now) {
        this.remove(entry);
        entry.timed.onDeadline();
      }
      // a callback may have taken the next one out; it has no neighbours then and the walk would end early
      entry = next === undefined || next.isIn ? next : this.#slots[slot];
    }
  }
}
