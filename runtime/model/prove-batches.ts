/** From a plan on paper to one that holds on this machine: verified with numbers, bounded by memory, sized by measurement. */
import { type BatchPlan, newUnbatchedPlan } from '../core/batch-plan.js';
import type { ModelSettings } from '../core/model-settings.js';
import { countBytes, type Tensor } from '../core/tensor.js';
import type { Session } from '../dataplane/ports.js';
import { BatchSizeLearner } from '../scheduler/batch-size-learner.js';
import { candidateSizes } from '../scheduler/size-times.js';
import type { GraphFacts } from './graph-facts.js';
import { limitToMemory, planBatches } from './plan-batches.js';
import { type Sweep, sweepBatches } from './sweep-batches.js';
import { verifyPadding, verifyRows } from './verify-rows.js';
import type { Warmth } from './warm-session.js';

/** With what was measured of it. */
export interface ProvenBatches extends Sweep {
  readonly plan: BatchPlan;
  /** Present where requests run together. */
  readonly batching?: {
    readonly learner: BatchSizeLearner;
    /** Inputs of one row that the model has run. */
    readonly base: readonly Tensor[];
  };
}

export interface ProveOptions {
  readonly session: Session;
  readonly settings: ModelSettings;
  readonly facts: GraphFacts;
  readonly warmth: Warmth;
  readonly nowSeconds: () => number;
}

/** Time that a start spends on measuring batches. */
const SWEEP_SECONDS = 0.75;
const NOTHING: Sweep = { seconds: new Map(), inputSeconds: new Map() };

export async function proveBatches(options: ProveOptions): Promise<ProvenBatches> {
  const { session, settings, facts, warmth, nowSeconds } = options;
  const { base } = warmth;
  const drafted = planBatches(settings, facts, session.signature);
  if (drafted.maxRows <= 1) return await measureAlone(drafted, options);
  if (base === undefined) return { plan: newUnbatchedPlan(`batching could not be verified: ${warmth.note}`), ...NOTHING };
  const limited = limitToMemory(drafted, base, warmth.outputs);
  if (limited.maxRows <= 1) return await measureAlone(limited, options);
  const check = await verifyRows(session, { ...limited, maxRows: Math.max(limited.maxRows, 8) }, base);
  if (!check.isRight) return await measureAlone(newUnbatchedPlan(`the graph was proven to keep rows apart, but ${check.why}`), options);
  const plan = { ...(await withCheckedMask(session, limited, base)), why: `${facts.why}; ${check.why}` };
  const learner = new BatchSizeLearner({ maxRows: plan.maxRows });
  const sizes = settings.preferredRows.length > 0 ? settings.preferredRows.filter((rows) => rows <= plan.maxRows) : candidateSizes(plan.maxRows);
  const sweep = await sweepBatches({ session, plan, base, sizes: withOne(sizes), learner, budgetSeconds: SWEEP_SECONDS, nowSeconds });
  return { plan: { ...plan, targetRows: learner.targetRows(countBytes(base)) }, batching: { learner, base }, ...sweep };
}

/** How long a run takes decides where a model runs, batched or not. */
async function measureAlone(plan: BatchPlan, { session, warmth }: ProveOptions): Promise<ProvenBatches> {
  const { base } = warmth;
  if (base === undefined) return { plan, ...NOTHING };
  const outputs = session.signature.outputs.map(({ name }) => name);
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 5; run++) {
    const outcome = await session.run({ parts: [{ inputs: base, rows: 1 }], outputs });
    least = Math.min(least, outcome.inferenceSeconds);
    if (outcome.inferenceSeconds > 0.05) break;
  }
  return { plan, seconds: new Map([[1, least]]), inputSeconds: new Map() };
}

async function withCheckedMask(session: Session, plan: BatchPlan, base: readonly Tensor[]): Promise<BatchPlan> {
  const { mask, ...unmasked } = plan;
  if (mask === undefined) return plan;
  const check = await verifyPadding(session, plan, base);
  return check.isRight ? plan : unmasked;
}

function withOne(sizes: readonly number[]): number[] {
  return [...new Set([1, ...sizes])].sort((a, b) => a - b);
}
