/** One journey, undisturbed or with one fault at one point of it, and what it came to. */
import { describeError } from '../../lib/logger.js';
import { Chance } from '../wire/chance.js';
import { FAULTS } from './faults.js';
import type { Journey } from './journeys.js';
import { normaliseAll } from './normalise.js';
import { Observer, type Trace } from './observer.js';
import type { Point } from './points.js';
import { SweepWorld } from './sweep-world.js';

/** What the undisturbed run of a journey came to. */
export interface Baseline {
  readonly want: ReadonlyMap<string, string>;
  readonly trace: Trace;
  /** Calls and writes of the operator from the act until the world was at rest. */
  readonly calls: number;
  readonly writes: number;
}

export interface Verdict {
  /** Empty when all is well. */
  readonly violations: readonly string[];
  readonly virtualMs: number;
}

/** Equal for so long: what comes later is the business of the tests of the steady state. */
const STABLE_MS = 10_000;
/** Longer than the operator waits for anything in a journey: a resolver's third attempt follows 20 s after the second, its fourth 40 s. */
const UNDISTURBED_REST_MS = 100_000;
/** Calls this long after the last change are only the lease's. */
const AFTERMATH_MS = 5000;
const LIMIT_MS = 1_200_000;

export async function runUndisturbed(journey: Journey, seed: number, prepare?: (world: SweepWorld) => void): Promise<Baseline> {
  const world = new SweepWorld(seed);
  const observer = new Observer(world);
  prepare?.(world);
  await journey.before(world);
  observer.begin();
  const calls: { readonly atMs: number; readonly isWrite: boolean }[] = [];
  world.onExchange = ({ method }) => {
    calls.push({ atMs: world.clock.now(), isWrite: method !== 'GET' });
    return { kind: 'Pass' };
  };
  journey.act(world);
  await world.rest(UNDISTURBED_REST_MS);
  const telling = calls.filter(({ atMs }) => atMs <= world.lastChangeMs + AFTERMATH_MS);
  observer.end();
  const { violations, trace } = observer;
  world.dispose();
  if (violations.length > 0) throw new Error(`${journey.name} breaks invariants although nobody disturbs it: ${violations.join('; ')}`);
  return { want: normaliseAll(world.objects()), trace, calls: telling.length, writes: telling.filter(({ isWrite }) => isWrite).length };
}

export async function runPoint(point: Point, baseline: Baseline): Promise<Verdict> {
  const world = new SweepWorld(point.seed);
  const start = world.clock.now();
  try {
    return { violations: await disturb(world, point, baseline), virtualMs: world.clock.now() - start };
  } catch (error) {
    return { violations: [`the run broke: ${describeError(error)}`], virtualMs: world.clock.now() - start };
  } finally {
    world.dispose();
  }
}

async function disturb(world: SweepWorld, point: Point, baseline: Baseline): Promise<readonly string[]> {
  const { journey, fault } = point;
  const observer = new Observer(world);
  fault.prepare?.(world);
  await journey.before(world);
  observer.begin();
  arm(world, point);
  journey.act(world);
  if (fault.at === 'Act') fault.strike(world);
  const differences = await settle(world, baseline.want, point);
  observer.end();
  compareTraces(observer, point, baseline.trace);
  return [...observer.violations, ...differences];
}

/** Counts calls and strikes at the one that the point names. */
function arm(world: SweepWorld, point: Point): void {
  const { fault, index, second } = point;
  let [seen, afterwards] = [0, 0];
  world.dice = new Chance(point.seed, index);
  const again = second === undefined ? undefined : FAULTS[0];
  world.onExchange = (exchange) => {
    const isWrite = exchange.method !== 'GET';
    if (fault.at === 'Act' || (fault.at === 'Write' && !isWrite)) return { kind: 'Pass' };
    const here = seen++;
    if (here === index) return fault.strike(world, exchange) ?? { kind: 'Pass' };
    if (here > index && isWrite && again !== undefined && afterwards++ === second) return again.strike(world, exchange) ?? { kind: 'Pass' };
    return { kind: 'Pass' };
  };
}

/** Waits until the world is as it should be and stays so. Says what differs when that does not come about. */
async function settle(world: SweepWorld, want: ReadonlyMap<string, string>, point: Point): Promise<readonly string[]> {
  const end = world.clock.now() + LIMIT_MS;
  let [seen, since, isEqual] = [-1, 0, false];
  while (world.clock.now() < end) {
    await world.run(1000);
    const now = world.clock.now();
    if (world.changes !== seen) [seen, since, isEqual] = [world.changes, now, false];
    else if (!isEqual && now - since >= 1000) isEqual = findDifferences(world, want, point).length === 0;
    if (isEqual && world.isIdle && now - since >= STABLE_MS) return [];
  }
  return findDifferences(world, want, point).slice(0, 5);
}

/** What an init container tells of a model, beside its digest. */
const FETCHED = /"bytes":\d+,"contentDigest":"[^"]*",("digest":"[^"]*"),"verifiedAt":"[^"]*"/;

function findDifferences(world: SweepWorld, want: ReadonlyMap<string, string>, { journey, fault }: Point): string[] {
  const got = normaliseAll(world.objects());
  const compared = (text: string | undefined): string | undefined => (fault.forgives === undefined ? text : text?.replace(fault.forgives, ''));
  const isAlike = (wanted: string | undefined, found: string | undefined): boolean =>
    wanted === found || (journey.mayLearnMore === true && wanted === found?.replace(FETCHED, '$1'));
  const ids = [...new Set([...want.keys(), ...got.keys()])].filter((id) => !isAlike(compared(want.get(id)), compared(got.get(id))));
  return ids.map((id) => describeDifference(id, want.get(id), got.get(id)));
}

function describeDifference(id: string, wanted: string | undefined, found: string | undefined): string {
  if (wanted === undefined) return `${id} should not be there`;
  if (found === undefined) return `${id} is missing`;
  const at = [...wanted].findIndex((letter, index) => letter !== found[index]);
  const from = Math.max(0, at - 60);
  return `${id} differs: …${wanted.slice(from, at + 120)}… became …${found.slice(from, at + 120)}…`;
}

function compareTraces(observer: Observer, { fault }: Point, undisturbed: Trace): void {
  const { fewestReady, mostPods } = observer.trace;
  const harms = fault.harms ?? [];
  if (!harms.includes('Traffic')) {
    for (const [model, fewest] of undisturbed.fewestReady) {
      const got = fewestReady.get(model) ?? 0;
      if (got < fewest) observer.tell(`${model} had ${got} ready pods behind its address, undisturbed never fewer than ${fewest}`);
    }
  }
  if (!harms.includes('Pods') && mostPods > undisturbed.mostPods) {
    observer.tell(`there were ${mostPods} serving pods at a time, undisturbed never more than ${undisturbed.mostPods}`);
  }
}
