/**
 * The EventRecorder port over core/v1 Events. Recording only notes what is to be told; one writer at a time tells it. A repeat
 * raises the count of the Event that is there. What cannot be told is logged and dropped: an Event is news, not state.
 */
import { createHash } from 'node:crypto';
import { FIELD_MANAGER } from '../../contract/labels.js';
import { type Clock, SYSTEM_CLOCK } from '../../lib/clock.js';
import type { KubeClient } from '../../lib/kube/kube-client.js';
import { describeError, type Logger, SILENT_LOGGER } from '../../lib/logger.js';
import type { EventRecorder, KubeObject, ResourceKind } from '../ports.js';
import { EVENT_LIMITS, type EventCount, EventLedger, type EventLimits } from './event-limits.js';

export const EVENTS: ResourceKind = { apiVersion: 'v1', kind: 'Event', plural: 'events' };

export interface RecorderOptions {
  readonly client: KubeClient;
  /** Name of the pod that reports. */
  readonly instance: string;
  readonly clock?: Clock;
  readonly logger?: Logger;
  readonly limits?: EventLimits;
}

const MAX_WAITING = 500;
const MAX_MESSAGE = 1024;
const MAX_REASON = 128;
/** An object's name may have 253 characters, and so may that of its Event. */
const MAX_NAME_PREFIX = 230;
const WRITE_TIMEOUT_MS = 10_000;

interface News {
  readonly about: KubeObject;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly counted: EventCount;
}

export class KubeEventRecorder implements EventRecorder {
  readonly #options: RecorderOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #ledger: EventLedger;
  readonly #waiting = new Map<string, News>();
  #telling: Promise<void> | undefined;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#logger = options.logger ?? SILENT_LOGGER;
    this.#ledger = new EventLedger(options.limits ?? EVENT_LIMITS);
  }

  event(about: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const key = JSON.stringify([about.kind, about.metadata.namespace, about.metadata.name, about.metadata.uid, type, reason, message]);
    const { isAllowed, ...counted } = this.#ledger.count({ key, about: about.metadata.uid ?? key }, this.#clock.now());
    if (!isAllowed) return;
    if (!this.#waiting.has(key) && this.#waiting.size >= MAX_WAITING) {
      this.#logger.debug('Event was dropped: too many wait', { reason });
      return;
    }
    this.#waiting.set(key, { about, type, reason: reason.slice(0, MAX_REASON), message: message.slice(0, MAX_MESSAGE), counted });
    this.#telling ??= this.#tellAll();
  }

  /** Resolves when nothing waits any more. */
  async flush(): Promise<void> {
    await this.#telling;
  }

  async #tellAll(): Promise<void> {
    for (let next = this.#take(); next !== undefined; next = this.#take()) {
      try {
        const event = renderEvent(next, this.#options.instance);
        await this.#options.client.apply(EVENTS, event, { fieldManager: FIELD_MANAGER, timeoutMs: WRITE_TIMEOUT_MS });
      } catch (error) {
        this.#logger.warn('Event was not recorded', { reason: next.reason, message: next.message, error: describeError(error) });
      }
    }
    this.#telling = undefined;
  }

  #take(): News | undefined {
    for (const [key, news] of this.#waiting) {
      this.#waiting.delete(key);
      return news;
    }
    return undefined;
  }
}

/** Two processes never write the same Event: its name holds the time of the first. */
function renderEvent({ about, type, reason, message, counted }: News, instance: string): KubeObject {
  const { namespace, name, uid, resourceVersion } = about.metadata;
  const identity = JSON.stringify([about.apiVersion, about.kind, uid, type, reason, message, counted.firstMs, instance]);
  const hash = createHash('sha256').update(identity).digest('hex').slice(0, 16);
  return {
    apiVersion: EVENTS.apiVersion,
    kind: EVENTS.kind,
    metadata: { name: `${name.slice(0, MAX_NAME_PREFIX)}.${hash}`, namespace: namespace ?? 'default' },
    involvedObject: { apiVersion: about.apiVersion, kind: about.kind, name, namespace, uid, resourceVersion },
    type,
    reason,
    message,
    count: counted.count,
    firstTimestamp: toSeconds(counted.firstMs),
    lastTimestamp: toSeconds(counted.lastMs),
    source: { component: FIELD_MANAGER },
    reportingComponent: FIELD_MANAGER,
    reportingInstance: instance,
  };
}

function toSeconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
