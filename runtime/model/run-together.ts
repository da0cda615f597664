/** Runs several requests as one batch at load, as the scheduler will: laid together by a plan, the outputs split again. */
import type { BatchPlan } from '../core/batch-plan.js';
import { CallState } from '../core/call-state.js';
import type { Tensor } from '../core/tensor.js';
import type { RunSeconds, Session, WorkItem } from '../dataplane/ports.js';
import { BatchFormer } from '../scheduler/batch-former.js';
import { splitOutcome } from '../scheduler/split-outcome.js';

export interface Trial {
  readonly inputs: readonly Tensor[];
  readonly rows: number;
}

export interface TrialOutcome {
  /** Per trial; a sentence when the outputs do not have the batch's rows. */
  readonly outputs: readonly (readonly Tensor[])[] | string;
  readonly run: RunSeconds;
}

/** Rejects as `run` does. */
export async function runTogether(session: Session, plan: BatchPlan, trials: readonly Trial[]): Promise<TrialOutcome> {
  const names = session.signature.outputs.map(({ name }) => name);
  const items = trials.map((trial) => toItem(trial, names));
  const former = new BatchFormer(plan, session.signature);
  const rows = trials.reduce((sum, trial) => sum + trial.rows, 0);
  const alone = trials.length === 1 ? {} : { layout: former.layout(items, rows) };
  const outcome = await session.run({ parts: items, outputs: names, ...alone });
  return { outputs: trials.length === 1 ? [outcome.outputs] : splitOutcome(outcome.outputs, items, former), run: outcome };
}

function toItem({ inputs, rows }: Trial, outputs: readonly string[]): WorkItem {
  return { inputs, rows, outputs, priority: 0, bytes: 0, call: new CallState(), done: () => undefined };
}
