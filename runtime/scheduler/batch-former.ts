/**
 * Which waiting requests run together. The oldest of the most urgent level is the head, so no odd shape ever starves; the
 * batch is the head and what matches it among the next few hundred. Two requests match when laying their rows one after
 * another is all that is needed: same inputs and outputs asked for, same datatypes, same shapes but for the batch axis, and
 * equal bytes where an input has no batch axis (a sampling rate). With a mask their lengths may differ too.
 */
import { Buffer } from 'node:buffer';
import type { BatchPlan } from '../core/batch-plan.js';
import type { ModelSignature } from '../core/signature.js';
import type { Tensor } from '../core/tensor.js';
import type { BatchLayout, WorkItem } from '../dataplane/ports.js';
import type { Entry, WaitingList } from './waiting-list.js';

/** Entries that one batch looks at: the bound of what forming it costs. */
const LOOK = 512;

export class BatchFormer {
  readonly #axes = new Map<string, number | undefined>();
  readonly #padded: ReadonlySet<string>;

  constructor(
    readonly plan: BatchPlan,
    readonly signature: ModelSignature,
  ) {
    for (const [index, input] of signature.inputs.entries()) this.#axes.set(input.name, plan.inputAxes[index]);
    this.#padded = new Set(plan.mask?.paddedInputs);
  }

  /** False for a request that must run by itself: larger than a batch may be, or of tensors that cannot be laid side by side. */
  canJoin(item: WorkItem): boolean {
    if (this.plan.maxRows <= 1 || item.rows > this.plan.maxRows) return false;
    for (const { name, datatype, shape } of item.inputs) {
      const axis = this.#axes.get(name);
      if (axis === undefined) continue;
      if (shape[axis] !== item.rows) return false;
      if (datatype === 'BYTES' && (axis !== 0 || this.#padded.has(name))) return false;
    }
    return true;
  }

  /** The head and what runs with it, in the order of `lists`; up to `limit` rows, and nothing that is too late. Nothing is taken out. */
  form(head: Entry, lists: readonly WaitingList[], { limit, nowSeconds }: { readonly limit: number; readonly nowSeconds: number }): Entry[] {
    const batch = [head];
    if (!head.isJoinable || head.isAlone || head.item.rows >= limit) return batch;
    let looked = 0;
    let rows = head.item.rows;
    const padding = new Padding(this.plan, head.item, this.#padded);
    for (const list of lists) {
      for (let entry = list.first; entry !== undefined && looked < LOOK && rows < limit; entry = entry.next) {
        looked += 1;
        const { item } = entry;
        if (entry === head || !entry.isJoinable || entry.isAlone || rows + item.rows > limit) continue;
        if (nowSeconds >= entry.deadlineAt || nowSeconds >= entry.timeoutAt) continue;
        if (!this.#matches(head.item, item) || !padding.add(item)) continue;
        batch.push(entry);
        rows += item.rows;
      }
    }
    return batch;
  }

  layout(items: readonly WorkItem[], rows: number): BatchLayout {
    const inputs = items[0]?.inputs ?? [];
    const axes = inputs.map((input) => this.#axes.get(input.name));
    const longest = this.#padded.size === 0 ? 0 : items.reduce((most, item) => Math.max(most, lengthOf(this.plan, item) ?? 0), 0);
    const shapes = inputs.map(({ name, shape }, index) => {
      const axis = axes[index];
      if (axis === undefined) return shape;
      const whole = shape.slice();
      whole[axis] = rows;
      if (longest > 0 && this.plan.mask !== undefined && this.#padded.has(name)) whole[this.plan.mask.axis] = longest;
      return whole;
    });
    return { axes, shapes };
  }

  #matches(head: WorkItem, item: WorkItem): boolean {
    if (head.inputs.length !== item.inputs.length || !areSameNames(head.outputs, item.outputs)) return false;
    for (let index = 0; index < head.inputs.length; index++) {
      const one = head.inputs[index];
      const other = item.inputs[index];
      if (one === undefined || other === undefined || !this.#areAlike(one, other)) return false;
    }
    return true;
  }

  #areAlike(one: Tensor, other: Tensor): boolean {
    if (one.name !== other.name || one.datatype !== other.datatype || one.shape.length !== other.shape.length) return false;
    const axis = this.#axes.get(one.name);
    const free = this.#padded.size > 0 && this.#padded.has(one.name) ? this.plan.mask?.axis : undefined;
    for (let i = 0; i < one.shape.length; i++) if (i !== axis && i !== free && one.shape[i] !== other.shape[i]) return false;
    return axis !== undefined || one.data === other.data || Buffer.compare(one.data, other.data) === 0;
  }
}

/** Length of a request's sequence; undefined where there is no mask to tell padding by. */
export function lengthOf({ mask }: BatchPlan, item: WorkItem): number | undefined {
  if (mask === undefined) return undefined;
  let length: number | undefined;
  let hasMask = false;
  for (const { name, shape } of item.inputs) {
    if (!mask.paddedInputs.includes(name)) continue;
    if (length !== undefined && shape[mask.axis] !== length) return undefined;
    length = shape[mask.axis];
    hasMask ||= name === mask.maskInput;
  }
  return hasMask ? length : undefined;
}

/** Keeps the share of padding in a batch under the plan's bound while requests of other lengths come in. */
class Padding {
  #longest: number | undefined;
  #rows: number;
  #cells: number;

  constructor(
    readonly plan: BatchPlan,
    head: WorkItem,
    padded: ReadonlySet<string>,
  ) {
    this.#longest = padded.size === 0 ? undefined : lengthOf(plan, head);
    this.#rows = head.rows;
    this.#cells = head.rows * (this.#longest ?? 0);
    this.isUsed = padded.size > 0;
  }

  readonly isUsed: boolean;

  add(item: WorkItem): boolean {
    if (!this.isUsed) return true;
    const length = lengthOf(this.plan, item);
    if (length === undefined || this.#longest === undefined) return false;
    const longest = Math.max(this.#longest, length);
    const rows = this.#rows + item.rows;
    const cells = this.#cells + item.rows * length;
    if (1 - cells / Math.max(1, rows * longest) > (this.plan.mask?.maxWaste ?? 0)) return false;
    this.#longest = longest;
    this.#rows = rows;
    this.#cells = cells;
    return true;
  }
}

function areSameNames(one: readonly string[], other: readonly string[]): boolean {
  return one === other || (one.length === other.length && one.every((name, index) => name === other[index]));
}
