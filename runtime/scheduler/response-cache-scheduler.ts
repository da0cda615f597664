/**
 * Answers equal requests from memory (opt-in). Only answers that the model gave are kept, never errors. A request counts as a
 * miss when the model ran for it; one that shared another's run counts as a hit, and one that failed as neither.
 */
import type { InferenceStatistics } from '../dataplane/inference-statistics.js';
import type { ItemResult, RequestScheduler, WorkItem } from '../dataplane/ports.js';
import type { RequestKeys } from './request-key.js';
import type { ResponseCache } from './response-cache.js';

export interface ResponseCacheOptions {
  readonly keys: RequestKeys;
  readonly cache: ResponseCache;
  readonly statistics: Pick<InferenceStatistics, 'cacheMiss'>;
  readonly nowSeconds: () => number;
}

export class ResponseCacheScheduler implements RequestScheduler {
  constructor(
    readonly inner: RequestScheduler,
    readonly options: ResponseCacheOptions,
  ) {}

  get depth(): number {
    return this.inner.depth;
  }

  get waiting(): number {
    return this.inner.waiting;
  }

  get targetRows(): number | undefined {
    return this.inner.targetRows;
  }

  idle(): Promise<void> {
    return this.inner.idle();
  }

  submit(item: WorkItem): void {
    if (item.sequence !== undefined || item.call.isGone) {
      this.inner.submit(item);
      return;
    }
    const { keys, cache, nowSeconds } = this.options;
    const started = nowSeconds();
    const key = keys.keyOf(item);
    const outputs = cache.get(key);
    if (outputs !== undefined) {
      item.done({ outputs, queueSeconds: 0 });
      return;
    }
    const lookupSeconds = nowSeconds() - started;
    this.inner.submit({ ...item, done: (result) => this.#finish(item, { key, lookupSeconds, result }) });
  }

  #finish(item: WorkItem, { key, lookupSeconds, result }: { key: string; lookupSeconds: number; result: ItemResult }): void {
    if (result.error === undefined && result.run !== undefined) {
      const { cache, statistics, nowSeconds } = this.options;
      const started = nowSeconds();
      cache.set(key, result.outputs);
      statistics.cacheMiss.add(lookupSeconds + nowSeconds() - started);
    }
    item.done(result);
  }
}
