/** A first run, so that the first caller does not pay for lazy set-up; what it was given serves as the base of further trials. */
import { LoadError } from '../core/load-error.js';
import type { Tensor } from '../core/tensor.js';
import { planWarmup } from '../core/warmup-plan.js';
import type { Session } from '../dataplane/ports.js';

export interface Warmth {
  /** Inputs of one row that the model has run; undefined when no guess at the free dimensions suits it. */
  readonly base?: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** Why no run was possible. */
  readonly note?: string;
}

/** Rejects with LoadError when a model whose every dimension is known cannot run. */
export async function warmSession(session: Session): Promise<Warmth> {
  const plan = planWarmup(session.signature);
  const outputs = session.signature.outputs.map((output) => output.name);
  let failure = 'its inputs are too large for one';
  for (const inputs of plan.candidates) {
    const outcome = await session.run({ parts: [{ inputs, rows: 1 }], outputs }).catch((error: Error) => error);
    if (!(outcome instanceof Error)) return { base: inputs, outputs: outcome.outputs };
    failure = outcome.message;
  }
  if (plan.isExact && plan.candidates.length > 0)
    throw new LoadError('WARMUP_FAILED', 'warmup', `The model loaded, but its first run failed: ${failure}`);
  return { outputs: [], note: `No warm-up ran, because no guess at the free dimensions suits the model: ${failure}` };
}
