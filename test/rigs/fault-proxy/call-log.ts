/** What went through the proxy: who asked for what and when it was served. Bounded: the oldest records go first. */
import type { ProxyCall, Verb } from './describe-call.js';
import type { Fault } from './fault.js';

export interface CallRecord {
  readonly who: string;
  readonly verb: Verb;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly isWrite: boolean;
  readonly atMs: number;
  readonly fault: Fault['kind'] | undefined;
  /** When the API server was asked; undefined when it never was. */
  forwardedAtMs?: number;
  /** When the API server had answered. */
  servedAtMs?: number;
  /** What the API server answered. */
  status?: number;
}

const MAX_RECORDS = 20_000;
/** Housekeeping that goes on in a steady state. */
const HOUSEKEEPING = ['leases', 'events'];

export class CallLog {
  #records: CallRecord[] = [];

  begin({ who, verb, resource, subresource, namespace, name, isWrite }: ProxyCall, fault: Fault['kind'] | undefined): CallRecord {
    const record: CallRecord = { who, verb, resource, subresource, namespace, name, isWrite, atMs: Date.now(), fault };
    this.#records.push(record);
    if (this.#records.length > MAX_RECORDS) this.#records = this.#records.slice(-MAX_RECORDS / 2);
    return record;
  }

  get records(): readonly CallRecord[] {
    return this.#records;
  }

  of(who: string): readonly CallRecord[] {
    return this.#records.filter((record) => record.who === who);
  }

  /** Writes that the API server took, Leases and Events left out. */
  writesOf(who: string): readonly CallRecord[] {
    return this.of(who).filter(({ isWrite, resource, status = 0 }) => isWrite && !HOUSEKEEPING.includes(resource) && status >= 200 && status < 300);
  }

  clear(): void {
    this.#records = [];
  }
}
