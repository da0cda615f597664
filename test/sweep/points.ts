/** Which points there are: every fault at every place of every journey where it may strike, in an order that a seed shuffles. */
import type { FaultRow } from './faults.js';
import type { Journey } from './journeys.js';

export interface Point {
  readonly journey: Journey;
  readonly fault: FaultRow;
  /** Of the calls or writes after the act, from 0. */
  readonly index: number;
  /** Of the writes after the first strike: the operator is killed again at that one. */
  readonly second?: number;
  readonly seed: number;
}

/** `change model / killed after / 3 / 2`: enough to find the point again. */
export function describePoint({ journey, fault, index, second }: Point): string {
  return [journey.name, `${fault.id} ${fault.name}`, index, ...(second === undefined ? [] : [second])].join(' / ');
}

/** The one-line command that runs this point alone. */
export function commandFor(point: Point): string {
  return `SLIPWAY_SEED=${point.seed} SLIPWAY_SWEEP_POINT='${describePoint(point)}' npm run test:long -- test/sweep`;
}

export function parsePoint(
  text: string,
  seed: number,
  known: { readonly journeys: readonly Journey[]; readonly faults: readonly FaultRow[] },
): Point {
  const [journeyName, faultName, index, second] = text.split(' / ');
  const journey = known.journeys.find(({ name }) => name === journeyName);
  const fault = known.faults.find(({ id, name }) => `${id} ${name}` === faultName);
  if (journey === undefined || fault === undefined) {
    throw new Error(`SLIPWAY_SWEEP_POINT is "${text}": give "<journey> / <fault> / <index>" with a journey and a fault that exist`);
  }
  return { journey, fault, index: Number(index), seed, ...(second === undefined ? {} : { second: Number(second) }) };
}
