/** What issue 5 says the control loop must reach, line by line, against what a run measured. Pure. */
import type { Target } from '../targets.js';
import { totalOf } from './api-writes.js';
import type { ControlLoopResults, CreateFigures } from './figures.js';

/** The sizes that the lines name. A quick run has smaller ones: its lines say so. */
export interface Sizes {
  readonly small: number;
  readonly large: number;
  readonly most: number;
}

export function checkControlLoop(results: ControlLoopResults, { small, large, most }: Sizes): Target[] {
  const created = (count: number): CreateFigures | undefined => results.creates.find((one) => one.count === count && one.podsEach === 2);
  const at = <Figures extends { readonly count: number }>(list: readonly Figures[], count: number): Figures | undefined =>
    list.find((one) => one.count === count);
  const first = created(small);
  const steady = at(results.steadies, large);
  const start = at(results.starts, large);
  const rate = at(results.rates, small);
  const { failover, soak } = results;
  const writesPerModel = first === undefined ? Number.NaN : totalOf(first.writes) / first.count;
  const peakMb = results.creates.findLast((one) => one.title.includes(`of ${most}`))?.peakMb;
  return [
    target(`${small} models × 2 pods ready, of the time of the same children applied plainly`, '≤', 1.5, ratioOf(first)),
    target('writes per created model', '≤', 10, writesPerModel),
    target(`p99 from pod event to status at ${small}, ms`, '≤', 1000, at(results.latencies, small)?.p99Ms),
    target('writes per change of a pod', '≤', 2, at(results.latencies, small)?.writesPerFlip),
    target('passes per second, each with a change of the spec', '≥', 100, rate?.withChangePerSecond),
    target('passes per second with nothing to do', '≥', 1000, rate?.withoutPerSecond),
    target(`${large} steady: RSS, MB`, '≤', 400, steady?.rssMb),
    target(`${large} steady: writes`, '≤', 0, steady?.writes),
    target(`${large} steady: requests per second`, '≤', 1, steady?.requestsPerSecond),
    target('sockets to the API server', '≤', 4, (steady ?? results.steadies[0])?.sockets),
    target(`start with ${large} models and ${start?.pods ?? 0} pods: s until caught up`, '≤', 15, start?.seconds),
    target('peak RSS at that start, of settled', '≤', 1.5, start === undefined ? Number.NaN : start.peakMb / start.settledMb),
    target(`${most} made: peak RSS, MB (no bound is given but that there is one)`, '≤', 1000, peakMb),
    target('leader killed: s until the next one writes', '≤', 20, failover?.killedSeconds),
    target('leader asked to stop: s until the next one writes', '≤', 3, failover?.followedSeconds),
    target(`soak of ${soak?.minutes ?? 0} min at ${soak?.changesPerSecond ?? 10} changes/s: RSS, MB per hour`, '≤', 1, soak?.rssMbPerHour),
  ];
}

export function ratioOf(figures: CreateFigures | undefined): number {
  return figures === undefined ? Number.NaN : figures.seconds / figures.plainSeconds;
}

function target(text: string, bound: Target['bound'], want: number, value = Number.NaN): Target {
  if (Number.isNaN(value)) return { text, bound, want, value, verdict: 'not measured' };
  return { text, bound, want, value, verdict: (bound === '≤' ? value <= want : value >= want) ? 'met' : 'not met' };
}
