/** A first run, so that the first caller does not pay for lazy set-up; what it was given serves as the base of further trials. */
import { fillRandom, newRandom } from '../core/fill-random.js';
import { InferenceError } from '../core/inference-error.js';
import { LoadError } from '../core/load-error.js';
import type { Tensor } from '../core/tensor.js';
import { planWarmup } from '../core/warmup-plan.js';
import type { RunOutcome, Session } from '../dataplane/ports.js';

export interface Warmth {
  /** Inputs of one row that the model has run; undefined when no guess at the free dimensions suits it. */
  readonly base?: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** Why no run was possible. */
  readonly note?: string;
}

const SEED = 1;

/** Rejects with LoadError when a model whose every dimension is known cannot run, or its session is lost for good. */
export async function warmSession(session: Session): Promise<Warmth> {
  const plan = planWarmup(session.signature);
  let failure = 'its inputs are too large for one';
  for (const zeros of plan.candidates) {
    const outcome = await tryRun(session, zeros);
    if (!(outcome instanceof Error)) return { base: zeros, outputs: outcome.outputs };
    failure = outcome.message;
    if (!isLost(outcome) || session.whenBack === undefined) continue;
    // zeros were what its process died of, as where a graph keeps what is not zero: other numbers may be what it lives on
    const others = zeros.map(withNumbers);
    const second = await tryRun(session, others);
    if (!(second instanceof Error)) return { base: others, outputs: second.outputs };
    failure = second.message;
    if (isLost(second)) break;
  }
  if (plan.isExact && plan.candidates.length > 0)
    throw new LoadError('WARMUP_FAILED', 'warmup', `The model loaded, but its first run failed: ${failure}`);
  return { outputs: [], note: `No warm-up ran, because no guess at the free dimensions suits the model: ${failure}` };
}

/** What it ran, or why it did not; one that starts again by itself is back then. */
async function tryRun(session: Session, inputs: readonly Tensor[]): Promise<RunOutcome | Error> {
  const outputs = session.signature.outputs.map((output) => output.name);
  const outcome = await session.run({ parts: [{ inputs, rows: 1 }], outputs }).catch((error: Error) => error);
  if (outcome instanceof Error && isLost(outcome)) {
    await session.whenBack?.().catch((cause: Error) => {
      throw new LoadError('WARMUP_FAILED', 'warmup', `The model loaded, but its process did not live: ${cause.message}`, { cause });
    });
  }
  return outcome;
}

function isLost(error: Error): boolean {
  return error instanceof InferenceError && error.code === 'UNAVAILABLE';
}

function withNumbers({ data, ...tensor }: Tensor): Tensor {
  const bytes = new Uint8Array(data.byteLength);
  fillRandom(bytes, tensor.datatype, newRandom(SEED));
  return { ...tensor, data: bytes };
}
