/** What happened to the objects of one kind, in order. Bounded: what is older can be neither watched from nor listed again. */
import type { KubeObject, ResourceKind } from '../../../operator/ports.js';

export interface Change {
  /** The resourceVersion that it made. */
  readonly version: number;
  readonly atMs: number;
  readonly id: string;
  readonly resource: ResourceKind;
  /** As it is now, or as it was last. */
  readonly object: KubeObject;
  readonly isDeletion: boolean;
  readonly old: KubeObject | undefined;
}

export class ChangeLog {
  readonly #limit: number;
  #changes: Change[] = [];
  /** How many were dropped from the front of `#changes`. */
  #dropped = 0;
  #lastDropped = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Index of the next change. */
  get end(): number {
    return this.#dropped + this.#changes.length;
  }

  /** Version of the newest change that is not kept any more; 0 when all are. */
  get lostVersion(): number {
    const extra = this.#changes.length - this.#limit;
    return extra <= 0 ? this.#lastDropped : (this.#changes[extra - 1]?.version ?? 0);
  }

  append(change: Change): void {
    this.#changes.push(change);
    if (this.#changes.length <= 2 * this.#limit + 16) return;
    const extra = this.#changes.length - this.#limit;
    this.#lastDropped = this.#changes[extra - 1]?.version ?? 0;
    this.#changes = this.#changes.slice(extra);
    this.#dropped += extra;
  }

  /** Undefined when it is not kept any more, or is still to come. */
  at(index: number): Change | undefined {
    return index < this.end - this.#limit ? undefined : this.#changes[index - this.#dropped];
  }

  /** Index of the first change after that version. */
  indexAfterVersion(version: number): number {
    return this.#firstWhere((change) => change.version > version);
  }

  /** Index of the first change after that time. */
  indexAfterTime(ms: number): number {
    return this.#firstWhere((change) => change.atMs > ms);
  }

  /** Looked for from the end: what is asked for is recent. */
  #firstWhere(isAfter: (change: Change) => boolean): number {
    let at = this.#changes.length;
    for (let before = this.#changes[at - 1]; before !== undefined && isAfter(before); before = this.#changes[at - 1]) at--;
    return this.#dropped + at;
  }
}
