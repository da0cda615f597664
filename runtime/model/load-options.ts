/** A model's own settings over what the server loads every model with. */
import { LoadError } from '../core/load-error.js';
import type { ModelSettings } from '../core/model-settings.js';
import type { LoadOptions } from '../dataplane/ports.js';

/** Throws LoadError when the model wants a GPU and the server has none. */
export function applyToLoad(settings: ModelSettings, options: LoadOptions): LoadOptions {
  if (settings.device === 'Gpu' && options.accelerator === undefined) {
    throw new LoadError(
      'PROVIDER_MISSING',
      'load',
      '"instance_group" asks for a GPU, and the server was started without --accelerator: give one, or KIND_CPU',
    );
  }
  const { accelerator, ...rest } = options;
  const threads = settings.intraOpThreads ?? options.threads;
  return accelerator === undefined || settings.device === 'Cpu' ? { ...rest, threads } : { ...options, threads };
}
