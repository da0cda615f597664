/** Which call a fault is for. Each rule counts the calls that fit it, so that "the third write of operator-a" is one rule. */
import type { ProxyCall, Verb } from './describe-call.js';
import type { Fault } from './fault.js';

export interface Matcher {
  readonly who?: string;
  readonly verbs?: readonly Verb[];
  readonly resources?: readonly string[];
  readonly notResources?: readonly string[];
  readonly path?: RegExp;
  /** Only calls that change something. */
  readonly isWrite?: boolean;
  readonly where?: (call: ProxyCall) => boolean;
}

export interface Rule {
  readonly match: Matcher;
  readonly fault: Fault;
  /** The first of the calls that fit to be harmed, from 1. */
  readonly from?: number;
  /** How many of them are harmed from then on; absent: all. */
  readonly times?: number;
  /** Harm ends this long after it began. */
  readonly forMs?: number;
  /** Every k-th of those is spared: a trickle comes through. */
  readonly spareEvery?: number;
  /** Hears of each call that is harmed, before it is. */
  readonly onHit?: () => void;
}

export interface RuleHandle {
  /** Calls that fitted. */
  readonly seen: number;
  /** Calls that were harmed. */
  readonly hits: number;
  remove(): void;
}

class Entry implements RuleHandle {
  seen = 0;
  hits = 0;
  #beganAt: number | undefined;

  constructor(
    readonly rule: Rule,
    readonly remove: () => void,
  ) {}

  /** Counts the call when it fits; true when it is to be harmed. */
  wants(call: ProxyCall): boolean {
    const { match, from = 1, times = Number.POSITIVE_INFINITY, forMs = Number.POSITIVE_INFINITY, spareEvery } = this.rule;
    if (!fits(match, call)) return false;
    this.seen++;
    const turn = this.seen - from;
    if (turn < 0 || turn >= times || Date.now() - (this.#beganAt ?? Date.now()) > forMs) return false;
    return spareEvery === undefined || this.seen % spareEvery !== 0;
  }

  hit(): Fault {
    this.#beganAt ??= Date.now();
    this.hits++;
    this.rule.onHit?.();
    return this.rule.fault;
  }
}

export class RuleSet {
  readonly #entries = new Set<Entry>();

  add(rule: Rule): RuleHandle {
    const entry: Entry = new Entry(rule, () => this.#entries.delete(entry));
    this.#entries.add(entry);
    return entry;
  }

  clear(): void {
    this.#entries.clear();
  }

  /** Every rule counts the call; the first that wants it has it. */
  take(call: ProxyCall): Fault | undefined {
    const [first] = [...this.#entries].filter((entry) => entry.wants(call));
    return first?.hit();
  }
}

function fits({ who, verbs, resources, notResources, path, isWrite, where }: Matcher, call: ProxyCall): boolean {
  return (
    (who === undefined || who === call.who) &&
    (verbs === undefined || verbs.includes(call.verb)) &&
    (resources === undefined || resources.includes(call.resource)) &&
    (notResources === undefined || !notResources.includes(call.resource)) &&
    (path === undefined || path.test(call.path)) &&
    (isWrite === undefined || isWrite === call.isWrite) &&
    (where === undefined || where(call))
  );
}
