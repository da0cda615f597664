/** What follows the models while they come and go: their metrics, and the watcher that `--watch` asks for. */
import type { Logger } from '../lib/logger.js';
import type { RuntimeMetrics } from './metrics.js';
import type { LocalModelStore } from './model/local-model-store.js';
import type { Repository } from './model/repository.js';
import { RepositoryWatcher } from './model/repository-watcher.js';

/** Every model has its series from the time that it is known; one that has gone stays, not ready. */
export function followModels(store: LocalModelStore, metrics: RuntimeMetrics): void {
  const known = new Map<string, { readonly name: string; readonly version: string }>();
  const update = (): void => {
    const ready = new Set<string>();
    for (const { name, version, state } of store.models()) {
      const key = `${version} ${name}`;
      if (!known.has(key)) metrics.addModel(name, version);
      known.set(key, { name, version });
      if (state === 'Ready') ready.add(key);
    }
    for (const [key, { name, version }] of known) metrics.setReady(name, version, ready.has(key));
  };
  update();
  store.onChange(update);
}

export interface WatchParts {
  readonly repository: Repository;
  readonly store: LocalModelStore;
  readonly known: ReadonlyMap<string, string>;
  readonly log: Logger;
}

export function newWatcher({ repository, store, known, log }: WatchParts): RepositoryWatcher {
  return new RepositoryWatcher({
    repository,
    store,
    known,
    onChange: (change) => {
      if (change.kind === 'Refused') log.error('Refused change', { model: change.model, reason: change.error.message.replace(/\s+/g, ' ') });
      else log.info(`${change.kind} model`, { model: change.model });
    },
  });
}
