/**
 * `--watch`: looks at the repository again and again, and loads what changed. A model counts as changed when its files differ
 * from those last tried and were the same in two looks, so that a file that is still being copied is left alone. Looking works
 * on every file system; notifications of the kernel do not (NFS, volumes whose files are links).
 */
import type { Clock } from '../../lib/clock.js';
import { toError } from '../../lib/errors.js';
import { stampFiles } from './file-stamp.js';
import type { Repository } from './repository.js';

/** The part of the store that a watcher uses. */
export interface Reloadable {
  load(name: string): Promise<void>;
  remove(name: string): Promise<void>;
}

export interface WatcherOptions {
  readonly repository: Repository;
  readonly store: Reloadable;
  /** What the store loaded from: `observeRepository`, before the store read it. */
  readonly known: ReadonlyMap<string, string>;
  /** Hears of each change that was tried. */
  readonly onChange: (change: RepositoryChange) => void;
}

export type RepositoryChange =
  | { readonly model: string; readonly kind: 'Loaded' | 'Removed' }
  | { readonly model: string; readonly kind: 'Refused'; readonly error: Error };

/** By model: a stamp of all its files. */
export async function observeRepository(repository: Repository): Promise<Map<string, string>> {
  const stamps = new Map<string, string>();
  for (const model of repository.names()) stamps.set(model, await stampFiles(repository.filesOf(model)));
  return stamps;
}

const INTERVAL_MS = 1000;

export class RepositoryWatcher {
  /** By model: the stamp that was last tried. */
  readonly #tried: Map<string, string>;
  /** By model: the stamp of the last look, when it differs from the one tried. */
  readonly #seen = new Map<string, string>();

  constructor(readonly options: WatcherOptions) {
    this.#tried = new Map(options.known);
  }

  /** Looks until the signal aborts. */
  async run(clock: Clock, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(INTERVAL_MS, signal);
      if (!signal.aborted) await this.look();
    }
  }

  /** One look: applies changes that were the same in the look before. */
  async look(): Promise<void> {
    if (!this.options.repository.isThere) return; // the volume is away: nothing was removed
    const found = await observeRepository(this.options.repository);
    for (const model of new Set([...this.#tried.keys(), ...found.keys()])) {
      const stamp = found.get(model) ?? '';
      const isSettled = this.#seen.get(model) === stamp;
      this.#seen.set(model, stamp);
      if (isSettled && stamp !== (this.#tried.get(model) ?? '')) await this.#apply(model, stamp);
    }
  }

  async #apply(model: string, stamp: string): Promise<void> {
    const { store, onChange } = this.options;
    this.#tried.set(model, stamp); // also of one that fails: it is tried again when its files change
    try {
      if (stamp === '') await store.remove(model);
      else await store.load(model);
      onChange({ model, kind: stamp === '' ? 'Removed' : 'Loaded' });
    } catch (error) {
      onChange({ model, kind: 'Refused', error: toError(error) });
    }
    if (stamp !== '') return;
    this.#tried.delete(model);
    this.#seen.delete(model);
  }
}
