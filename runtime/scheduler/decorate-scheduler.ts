/** What a model's settings ask for around its scheduler: sequences, or a response cache and single flight. */
import { type ClientView, computeClientView } from '../core/client-signature.js';
import { LIMITS } from '../core/limits.js';
import type { RequestScheduler } from '../dataplane/ports.js';
import { RequestKeys } from './request-key.js';
import { ResponseCache } from './response-cache.js';
import { type ResponseCacheOptions, ResponseCacheScheduler } from './response-cache-scheduler.js';
import type { SequenceModel } from './sequence-inputs.js';
import { type SequenceOptions, SequenceScheduler } from './sequence-scheduler.js';
import { SingleFlightScheduler } from './single-flight-scheduler.js';

/** `signature` and `plan` are those of the sessions. `settings.sequence` says whether the model is stateful. */
export interface DecorateOptions extends SequenceModel, Pick<SequenceOptions, 'nowSeconds' | 'setTimer'> {
  readonly statistics: ResponseCacheOptions['statistics'];
  /** Digest of the model's content and its version: two models with the same have the same answers. */
  readonly cacheKeyBase: string;
  /** What in the model may answer the same request differently: its answers are then neither kept nor shared. Undefined: nothing. */
  readonly varying: string | undefined;
}

export interface DecoratedScheduler {
  readonly scheduler: RequestScheduler;
  /** What clients see and send; a servable has this one. */
  readonly client: ClientView;
  /** What was asked for and is not done, with the reason: for the log. */
  readonly notes: readonly string[];
  /** Sequences that have begun and not ended. */
  countSequences(): number;
  /** From now on no sequence begins; all else goes on. */
  drain(): void;
  /** Forgets states and kept answers. Whoever closes the scheduler inside calls it first. */
  close(): void;
}

/** Throws LoadError for an initial state that is not there or not of the state's size. */
export function decorateScheduler(inner: RequestScheduler, options: DecorateOptions): DecoratedScheduler {
  const { settings, signature, plan, varying } = options;
  const client = computeClientView(signature, plan, settings);
  const asked = [...(settings.responseCache ? ['response_cache'] : []), ...(settings.singleFlight ? ['slipway_single_flight'] : [])];
  const refuse = (why: string): string[] => asked.map((name) => `${name} has no effect: ${why}`);
  if (settings.sequence !== undefined) {
    const scheduler = new SequenceScheduler(inner, settings.sequence, options);
    const notes = refuse('an answer depends on the sequence before it');
    return { scheduler, client, notes, countSequences: () => scheduler.sequences, drain: () => scheduler.drain(), close: () => scheduler.close() };
  }
  const drain = (): void => undefined;
  const none = { drain, countSequences: () => 0 };
  if (varying !== undefined && asked.length > 0) {
    const notes = refuse(`${varying} may answer the same request differently each time`);
    return { scheduler: inner, client, notes, ...none, close: drain };
  }
  const keys = new RequestKeys(options.cacheKeyBase);
  const single = settings.singleFlight ? new SingleFlightScheduler(inner, keys) : inner;
  if (!settings.responseCache) return { scheduler: single, client, notes: [], ...none, close: drain };
  const cache = new ResponseCache(LIMITS.responseCacheBytes);
  const scheduler = new ResponseCacheScheduler(single, { ...options, keys, cache });
  return { scheduler, client, notes: [], ...none, close: () => cache.clear() };
}
