/**
 * Measures batches of every candidate size at load, in rounds, until the time for it is spent: what the learner then knows
 * is this machine's own. A model that is slow gets fewer rounds, never a slow start.
 */
import type { BatchPlan } from '../core/batch-plan.js';
import { countBytes, type Tensor } from '../core/tensor.js';
import { makeTrialInputs } from '../core/trial-inputs.js';
import type { Session } from '../dataplane/ports.js';
import type { BatchSizeLearner } from '../scheduler/batch-size-learner.js';
import { runTogether, type Trial } from './run-together.js';

export interface SweepOptions {
  readonly session: Session;
  readonly plan: BatchPlan;
  /** Inputs of one row that the model has run. */
  readonly base: readonly Tensor[];
  /** Ascending. */
  readonly sizes: readonly number[];
  readonly learner: BatchSizeLearner;
  readonly budgetSeconds: number;
  readonly nowSeconds: () => number;
}

/** By rows, the least that was seen. */
export interface Sweep {
  /** Inside the model. */
  readonly seconds: ReadonlyMap<number, number>;
  /** Before it: laying the rows, and the way to where the model runs. */
  readonly inputSeconds: ReadonlyMap<number, number>;
}

const ROUNDS = 7;

/** Stops at a size that cannot be run: it and larger ones are not in the result. */
export async function sweepBatches(options: SweepOptions): Promise<Sweep> {
  const { session, plan, base, sizes, learner, budgetSeconds, nowSeconds } = options;
  const seconds = new Map<number, number>();
  const inputSeconds = new Map<number, number>();
  const trials: Trial[] = [];
  const began = nowSeconds();
  const rowBytes = countBytes(base);
  let usable = [...sizes];
  for (let round = 0; round < ROUNDS; round++) {
    for (const rows of usable) {
      if (learner.isTooLong(rows, rowBytes) || (round > 0 && nowSeconds() - began > budgetSeconds)) continue;
      if (round === 0 && rows > 1 && nowSeconds() - began > budgetSeconds) break;
      while (trials.length < rows) trials.push(makeTrial(base, plan, trials.length + 1));
      const before = nowSeconds();
      const outcome = await runTogether(session, plan, trials.slice(0, rows)).catch(() => undefined);
      if (outcome === undefined) {
        usable = usable.filter((size) => size < rows);
        break;
      }
      learner.observe(rows, nowSeconds() - before, rowBytes);
      keepLeast(seconds, rows, outcome.run.inferenceSeconds);
      keepLeast(inputSeconds, rows, outcome.run.inputSeconds);
    }
  }
  learner.settle(rowBytes);
  return { seconds, inputSeconds };
}

function keepLeast(least: Map<number, number>, rows: number, seconds: number): void {
  least.set(rows, Math.min(least.get(rows) ?? Number.POSITIVE_INFINITY, seconds));
}

function makeTrial(base: readonly Tensor[], plan: BatchPlan, seed: number): Trial {
  return { inputs: makeTrialInputs(base, { axes: plan.inputAxes, rows: 1, seed }) ?? base, rows: 1 };
}
