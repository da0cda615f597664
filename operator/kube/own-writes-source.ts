/** Changes of a kind, and ends of own writes that no watch has brought: both are reasons to look again. */
import type { ChangeListener, Informer } from './informer.js';
import type { OwnWrites } from './own-writes.js';

export class OwnWritesSource {
  readonly name: string;
  readonly #informer: Informer;
  readonly #ownWrites: OwnWrites;

  constructor(informer: Informer, ownWrites: OwnWrites) {
    this.name = informer.name;
    this.#informer = informer;
    this.#ownWrites = ownWrites;
  }

  get hasSynced(): boolean {
    return this.#informer.hasSynced;
  }

  state(): ReturnType<Informer['state']> {
    return this.#informer.state();
  }

  subscribe(listener: ChangeListener): void {
    this.#informer.subscribe(listener);
    this.#ownWrites.onUnseen((object) => listener(object));
  }

  synced(): Promise<void> {
    return this.#informer.synced();
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#informer.run(signal);
  }
}
