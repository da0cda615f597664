/** Which Events are told, and which only counted: pure bookkeeping, bounded in memory. */

export interface EventFact {
  /** What makes two Events the same. */
  readonly key: string;
  /** uid of the object they are about. */
  readonly about: string;
}

export interface EventCount {
  readonly count: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

export interface EventLimits {
  readonly maxKeys: number;
  /** A repeat later than this is a new Event. */
  readonly repeatWindowMs: number;
  /** An object may have this many writes at once, and one more each `refillMs`. */
  readonly burst: number;
  readonly refillMs: number;
}

/** As client-go limits: 25 at once for an object, then one in five minutes; repeats within ten minutes are one Event. */
export const EVENT_LIMITS: EventLimits = { maxKeys: 2000, repeatWindowMs: 600_000, burst: 25, refillMs: 300_000 };

interface Bucket {
  tokens: number;
  atMs: number;
}

export class EventLedger {
  readonly #limits: EventLimits;
  /** Both in order of last use: the first goes when there are too many. */
  readonly #counts = new Map<string, EventCount>();
  readonly #buckets = new Map<string, Bucket>();

  constructor(limits: EventLimits = EVENT_LIMITS) {
    this.#limits = limits;
  }

  /** Counts, and says whether the object may have another write now. */
  count({ key, about }: EventFact, nowMs: number): EventCount & { readonly isAllowed: boolean } {
    const known = this.#counts.get(key);
    const isRepeat = known !== undefined && nowMs - known.lastMs < this.#limits.repeatWindowMs;
    const counted = isRepeat ? { ...known, count: known.count + 1, lastMs: nowMs } : { count: 1, firstMs: nowMs, lastMs: nowMs };
    touch(this.#counts, key, counted, this.#limits.maxKeys);
    return { ...counted, isAllowed: this.#takeToken(about, nowMs) };
  }

  #takeToken(about: string, nowMs: number): boolean {
    const { burst, refillMs, maxKeys } = this.#limits;
    const bucket = this.#buckets.get(about) ?? { tokens: burst, atMs: nowMs };
    const tokens = Math.min(burst, bucket.tokens + (nowMs - bucket.atMs) / refillMs);
    const isAllowed = tokens >= 1;
    touch(this.#buckets, about, { tokens: isAllowed ? tokens - 1 : tokens, atMs: nowMs }, maxKeys);
    return isAllowed;
  }
}

function touch<Value>(map: Map<string, Value>, key: string, value: Value, maxKeys: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= maxKeys) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
