/**
 * The proof says that rows are independent; numbers have to agree before requests share a run. Requests of different sizes,
 * one of them full of NaN, are run alone and together: everybody's answer must be the same, up to the last bits that kernels
 * compute differently for other batch sizes. A disagreement forbids batching, whatever the proof said.
 */
import type { BatchPlan } from '../core/batch-plan.js';
import { computeDistance } from '../core/compare-tensors.js';
import type { Tensor } from '../core/tensor.js';
import { makeTrialInputs } from '../core/trial-inputs.js';
import type { Session } from '../dataplane/ports.js';
import { runTogether, type Trial } from './run-together.js';

/** Relative to max(1, |value|). FP16 models round at 1e-3. */
const TOLERANCE = 1e-4;
const HALF_TOLERANCE = 1e-2;
const ROWS = [1, 2, 1, 1] as const;
/** The one that is no numbers. */
const POISON = 2;

export interface RowCheck {
  readonly isRight: boolean;
  /** In one line. */
  readonly why: string;
}

/** `base`: inputs of one row that the model has run. Never rejects: what cannot be run is not verified. */
export async function verifyRows(session: Session, plan: BatchPlan, base: readonly Tensor[]): Promise<RowCheck> {
  const trials: Trial[] = [];
  for (const [index, rows] of ROWS.entries()) {
    const inputs = makeTrialInputs(base, { axes: plan.inputAxes, rows, seed: index + 1, isPoison: index === POISON });
    if (inputs === undefined) return { isRight: false, why: 'its inputs are texts, for which no trial can be made up' };
    trials.push({ inputs, rows });
  }
  try {
    return await compare(session, plan, trials);
  } catch (error) {
    return { isRight: false, why: `a trial with several rows failed: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** Of lengths that differ, where padding has to change nothing. */
export async function verifyPadding(session: Session, plan: BatchPlan, base: readonly Tensor[]): Promise<RowCheck> {
  const { mask } = plan;
  if (mask === undefined) return { isRight: false, why: 'the model has no mask' };
  const trials = [0, 5, 2].map((longer, index) => {
    const grown = base.map((input) => (mask.paddedInputs.includes(input.name) ? grow(input, mask.axis, longer) : input));
    const inputs = makeTrialInputs(grown, { axes: plan.inputAxes, rows: 1, seed: index + 11 }) ?? [];
    return { inputs: inputs.map((input) => (input.name === mask.maskInput ? fillOnes(input) : input)), rows: 1 };
  });
  try {
    return await compare(session, plan, trials);
  } catch (error) {
    return { isRight: false, why: `a trial with padding failed: ${error instanceof Error ? error.message : String(error)}` };
  }
}

async function compare(session: Session, plan: BatchPlan, trials: readonly Trial[]): Promise<RowCheck> {
  const together = await runTogether(session, plan, trials);
  if (typeof together.outputs === 'string') return { isRight: false, why: together.outputs };
  let farthest = 0;
  for (const [index, trial] of trials.entries()) {
    const alone = await runTogether(session, plan, [trial]);
    for (const [place, wanted] of (alone.outputs[0] as readonly Tensor[]).entries()) {
      const got = together.outputs[index]?.[place];
      const distance = got === undefined ? Number.POSITIVE_INFINITY : computeDistance(wanted, got);
      if (distance > (wanted.datatype === 'FP16' ? HALF_TOLERANCE : TOLERANCE))
        return { isRight: false, why: `output "${wanted.name}" of a request was another one beside other requests (difference ${distance})` };
      farthest = Math.max(farthest, distance);
    }
  }
  return { isRight: true, why: farthest === 0 ? 'answers are the same to the bit' : `answers differ by at most ${farthest.toPrecision(2)}` };
}

function grow(input: Tensor, axis: number, longer: number): Tensor {
  return { ...input, shape: input.shape.map((size, index) => (index === axis ? size + longer : size)) };
}

/** Of whole numbers and floats alike. */
function fillOnes(input: Tensor): Tensor {
  const size =
    input.data.byteLength /
    Math.max(
      1,
      input.shape.reduce((product, dimension) => product * dimension, 1),
    );
  const one = ONES[input.datatype];
  const data = new Uint8Array(input.data.byteLength);
  for (let at = 0; at < data.byteLength; at += size) data.set(one ?? [1], at);
  return { ...input, data };
}

const ONES: Partial<Record<Tensor['datatype'], readonly number[]>> = {
  FP32: [0, 0, 0x80, 0x3f],
  FP64: [0, 0, 0, 0, 0, 0, 0xf0, 0x3f],
  FP16: [0, 0x3c],
};
