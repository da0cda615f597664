/** The watcher that `--watch` asks for, and what it writes to the log. */
import type { Logger } from '../lib/logger.js';
import type { LocalModelStore } from './model/local-model-store.js';
import type { Repository } from './model/repository.js';
import { RepositoryWatcher } from './model/repository-watcher.js';

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
