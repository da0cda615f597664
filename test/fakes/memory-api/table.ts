/** The objects of one kind: as they are, and as they were a while ago. */
import type { KubeObject } from '../../../operator/ports.js';
import { type Change, ChangeLog } from './change-log.js';
import type { KindRules } from './kinds.js';
import type { Managers } from './managers.js';

export interface Entry {
  readonly object: KubeObject;
  readonly managers: Managers;
}

export class Table {
  readonly entries = new Map<string, Entry>();
  readonly log: ChangeLog;

  constructor(
    readonly rules: KindRules,
    historyLength: number,
  ) {
    this.log = new ChangeLog(historyLength);
  }

  /** Where a reader stands who sees nothing later than `ms`. */
  positionAt(ms: number): number {
    return this.log.indexAfterTime(ms);
  }

  get(id: string, position = this.log.end): KubeObject | undefined {
    let object = this.entries.get(id)?.object;
    for (const change of this.#since(position)) if (change.id === id) object = change.old;
    return object;
  }

  /** In the order of their keys, as etcd gives them. */
  list(position = this.log.end): KubeObject[] {
    const objects = new Map<string, KubeObject>();
    for (const [id, { object }] of this.entries) objects.set(id, object);
    for (const { id, old } of this.#since(position)) {
      if (old === undefined) objects.delete(id);
      else objects.set(id, old);
    }
    return [...objects.keys()].sort().flatMap((id) => objects.get(id) ?? []);
  }

  /** Changes from the newest back to `position`, or as far back as they are kept. */
  *#since(position: number): Generator<Change> {
    for (let index = this.log.end - 1; index >= position; index--) {
      const change = this.log.at(index);
      if (change === undefined) return;
      yield change;
    }
  }
}
