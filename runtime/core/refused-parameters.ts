/** What would change where a tensor lies or what an output means cannot be skipped in silence, whatever the protocol. */
import { InferenceError } from './inference-error.js';

const REFUSED: ReadonlyMap<string, string> = new Map([
  ['shared_memory_region', 'shared memory'],
  ['shared_memory_byte_size', 'shared memory'],
  ['shared_memory_offset', 'shared memory'],
  ['classification', 'classification of outputs'],
]);

/** `what` names the tensor, `keys` are those of its parameters. Throws InferenceError(UNIMPLEMENTED). */
export function refuseParameters(what: string, keys: readonly string[]): void {
  for (const key of keys) {
    const feature = REFUSED.get(key);
    if (feature !== undefined)
      throw new InferenceError('UNIMPLEMENTED', `${what} asks for ${feature} (parameter '${key}'), which this server does not have`);
  }
}
