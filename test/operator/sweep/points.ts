/** Where to strike, from a seed. Pure: the same seed and number give the same point, whatever ran before it. */

export type When = 'BeforeServing' | 'AfterServing';
/** What the operator that follows a killed one sees first. `StaleAll`: reads of single objects are old, too. */
export type Reads = 'Fresh' | 'Stale' | 'StaleAll';

export const CALL_FAULTS = [
  'Conflict',
  'Throttled',
  'ServerError',
  'Unavailable',
  'Forbidden',
  'Reset',
  'LoseReply',
  'TruncateCut',
  'TruncateEnd',
  'Delay',
  'DelayReply',
  'Hang',
  'LoseReplyHang',
] as const;
export const WATCH_FAULTS = [
  'HalfOpen',
  'Gone',
  'ErrorEvent',
  'BookmarksOnly',
  'Duplicated',
  'Reordered',
  'Late',
  'Split',
  'Gap',
  'Garbage',
  'CutMidLine',
] as const;
export const OUTAGES = ['Outage', 'EtcdFull', 'Starvation', 'Silence'] as const;

export type CallFault = (typeof CALL_FAULTS)[number];
export type WatchFault = (typeof WATCH_FAULTS)[number];
export type OutageFault = (typeof OUTAGES)[number];

export interface Kill {
  /** A share of the journey's writes, from 0 up to 1: which of them is known when they are counted. */
  readonly at: number;
  readonly when: When;
}

export interface Point {
  readonly journey: number;
  /** The operator is killed at these, one after the other; the second counts the writes of the operator that followed. */
  readonly kills: readonly Kill[];
  readonly reads: Reads;
  readonly fault: CallFault | WatchFault | OutageFault | undefined;
  /** Share of the writes at which a fault of calls or an outage begins. */
  readonly faultAt: number;
  /** With leader election: who follows a killed one waits for its lease to end. */
  readonly elects: boolean;
  /** Events that a watch passes before its fault. */
  readonly after: number;
}

/** Uniform in [0, 1), the k-th of a seed's row. */
export function chanceOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Point `number` of `seed`. Journeys take turns, so that a few points see all of them. */
export function pointOf(seed: number, number: number, journeys: number): Point {
  const chance = chanceOf(Math.imul(seed, 0x9e3779b1) + number);
  chance();
  const kills = chance() < 0.6 ? Array.from({ length: chance() < 0.35 ? 2 : 1 }, () => newKill(chance)) : [];
  const reads = pick(['Fresh', 'Fresh', 'Stale', 'Stale', 'StaleAll'] as const, chance);
  const family = chance();
  const fault = pickFault(kills.length > 0 ? family * 2 : family, chance);
  return {
    ...{ journey: (number + seed) % journeys, kills, fault },
    reads: kills.length === 0 ? 'Fresh' : reads,
    faultAt: chance(),
    after: Math.floor(chance() * 6),
    elects: chance() < 0.08,
  };
}

/** `create: killed before write 40%, restarted on Stale reads` … */
export function describePoint({ kills, reads, fault, faultAt, after, elects }: Point, journey: string): string {
  const percent = (share: number) => `${Math.floor(share * 100)} %`;
  const killed = kills.map(({ at, when }) => `killed ${when === 'BeforeServing' ? 'before' : 'after'} the write at ${percent(at)}`);
  const restarted = kills.length === 0 ? [] : [`restarted on ${reads} reads`];
  const faulty = fault === undefined ? [] : [`${fault} at ${percent(faultAt)} (after ${after} events)`];
  return `${journey}: ${[...killed, ...restarted, ...faulty, ...(elects ? ['elected'] : [])].join(', ')}`;
}

function newKill(chance: () => number): Kill {
  return { at: chance(), when: chance() < 0.5 ? 'BeforeServing' : 'AfterServing' };
}

/** `family` from 0 to 2: above 1 there is none. */
function pickFault(family: number, chance: () => number): Point['fault'] {
  if (family >= 1) return undefined;
  if (family < 0.42) return pick(CALL_FAULTS, chance);
  return family < 0.85 ? pick(WATCH_FAULTS, chance) : pick(OUTAGES, chance);
}

function pick<Value>(values: readonly Value[], chance: () => number): Value {
  const value = values[Math.floor(chance() * values.length)];
  if (value === undefined) throw new Error('Nothing to pick from');
  return value;
}
