/** All points of a sweep, in the order of a seed, with the undisturbed runs that they are held against. */
import { Chance } from '../wire/chance.js';
import { FAULTS, type FaultRow } from './faults.js';
import { JOURNEYS, type Journey } from './journeys.js';
import type { Point } from './points.js';
import { type Baseline, runUndisturbed } from './run-point.js';
import type { Shard, SweepParameters } from './sweep-parameters.js';

export class SweepPlan {
  readonly #baselines = new Map<string, Promise<Baseline>>();

  constructor(readonly seed: number) {}

  /** Once for each journey, and for each with what a fault prepares. */
  baseline(journey: Journey, { name, prepare }: FaultRow): Promise<Baseline> {
    const id = prepare === undefined ? journey.name : `${journey.name} / ${name}`;
    const known = this.#baselines.get(id) ?? runUndisturbed(journey, this.seed, prepare);
    this.#baselines.set(id, known);
    return known;
  }

  /** How often a fault may strike in a journey. */
  async count(journey: Journey, fault: FaultRow): Promise<number> {
    const { calls, writes } = await this.baseline(journey, fault);
    return { Act: 1, Write: writes, Exchange: calls }[fault.at];
  }

  /** Each fault at each of its places in each journey. */
  async all(): Promise<Point[]> {
    const points: Point[] = [];
    for (const journey of JOURNEYS) {
      for (const fault of FAULTS) {
        for (let index = await this.count(journey, fault); index > 0; index--) points.push({ journey, fault, index: index - 1, seed: this.seed });
      }
    }
    return new Chance(this.seed).shuffle(points);
  }

  /** Of the square of all pairs of kills, as many as asked for. */
  async killedTwice(count: number): Promise<Point[]> {
    const dice = new Chance(this.seed, 1);
    const kills = FAULTS.filter(({ name }) => name.startsWith('killed'));
    const points: Point[] = [];
    for (let index = 0; index < count; index++) {
      const [journey, fault] = [dice.pick(JOURNEYS), dice.pick(kills)];
      const writes = await this.count(journey, fault);
      points.push({ journey, fault, index: dice.integer(writes), second: dice.integer(writes), seed: this.seed });
    }
    return points;
  }

  /** The points of a long sweep, in one order: a shard has each n-th of them, whatever the number of processes. */
  async choose({ runs, pairsPerHundred, shard }: Pick<SweepParameters, 'runs' | 'pairsPerHundred' | 'shard'>): Promise<Point[]> {
    if (pairsPerHundred === 100 && runs !== 'all') return shardOf(await this.killedTwice(runs), shard);
    const all = await this.all();
    const count = Math.min(runs === 'all' ? all.length : runs, all.length);
    const pairs = await this.killedTwice(Math.floor((count * pairsPerHundred) / 100));
    const every = pairs.length === 0 ? count : Math.floor(count / pairs.length);
    const mixed = Array.from({ length: count }, (_, index) => (index % every === 0 ? pairs[index / every] : undefined) ?? all[index]);
    return shardOf(
      mixed.filter((point) => point !== undefined),
      shard,
    );
  }

  /** A few of each journey, so that each fault has its turn: what fits into the unit tests. */
  async sample(perJourney: number): Promise<Point[]> {
    const dice = new Chance(this.seed, 2);
    const points: Point[] = [];
    for (const [place, journey] of JOURNEYS.entries()) {
      for (let turn = 0; turn < perJourney; turn++) {
        const fault = FAULTS[(place * perJourney + turn) % FAULTS.length];
        if (fault === undefined) continue;
        const count = await this.count(journey, fault);
        points.push({ journey, fault, index: dice.integer(count), seed: this.seed });
      }
    }
    return points;
  }
}

function shardOf(points: readonly Point[], { index, count }: Shard): Point[] {
  return points.filter((_, place) => place % count === index - 1);
}
