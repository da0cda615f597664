/** Runs what `model_warmup` asks for. Files lie in `<model>/warmup/`. */
import { dirname, join } from 'node:path';
import { LoadError } from '../core/load-error.js';
import type { ModelSettings, WarmupSample } from '../core/model-settings.js';
import { makeWarmupInputs } from '../core/warmup-samples.js';
import type { Session } from '../dataplane/ports.js';
import type { LocatedModel } from './located-model.js';
import { readBounded } from './read-bounded.js';

const MAX_FILE_BYTES = 256 * 1024 * 1024;

export interface WarmupSubject {
  readonly located: LocatedModel;
  readonly settings: ModelSettings;
  readonly monotonicSeconds: () => number;
}

/** Resolves with the seconds that it took. Rejects with LoadError WARMUP_FAILED. */
export async function runWarmupSamples(session: Session, { located, settings, monotonicSeconds }: WarmupSubject): Promise<number> {
  const folder = join(dirname(dirname(located.path)), 'warmup');
  const outputs = session.signature.outputs.map((output) => output.name);
  const started = monotonicSeconds();
  for (const sample of settings.warmup) {
    const inputs = makeInputs(sample, folder);
    const ordered = session.signature.inputs.flatMap((spec) => inputs.find((input) => input.name === spec.name) ?? spec.default ?? []);
    const stranger = inputs.find((input) => !ordered.includes(input));
    if (stranger !== undefined) throw newFailure(sample, `the model has no input "${stranger.name}"`);
    for (let run = 0; run < sample.count; run += 1) {
      await session.run({ parts: [{ inputs: ordered, rows: Math.max(1, sample.batchRows) }], outputs }).catch((cause: Error) => {
        throw newFailure(sample, cause.message, cause);
      });
    }
  }
  return monotonicSeconds() - started;
}

function makeInputs(sample: WarmupSample, folder: string) {
  try {
    return makeWarmupInputs(sample, (filename) => {
      const bytes = readBounded(join(folder, filename), MAX_FILE_BYTES);
      if (bytes === undefined) throw new Error(`"input_data_file" is "${filename}", and the folder warmup has no such file`);
      return bytes;
    });
  } catch (cause) {
    throw newFailure(sample, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function newFailure(sample: WarmupSample, why: string, cause?: unknown): LoadError {
  return new LoadError('WARMUP_FAILED', 'warmup', `The model loaded, but its warm-up "${sample.name}" failed: ${why}`, { cause });
}
