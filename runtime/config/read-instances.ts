/** `instance_group` → how many copies of the model are loaded, and where. */
import type { ModelSettings } from '../core/model-settings.js';
import type { MessageReader } from './message-reader.js';

const KINDS = { KIND_AUTO: 0, KIND_GPU: 1, KIND_CPU: 2, KIND_MODEL: 3 } as const;
/** More copies than this is a mistake: each holds the weights once more. */
const MAX_INSTANCES = 256;

export function readInstances(groups: readonly MessageReader[]): Pick<ModelSettings, 'instances' | 'device'> {
  const devices = new Set(groups.map(readDevice).filter((device) => device !== undefined));
  const [device, other] = devices;
  const last = groups.at(-1);
  if (other !== undefined) last?.fail('kind', 'instances on CPUs and GPUs at once are not supported: keep one "kind"');
  const counts = groups.map((group) => group.integer('count', 1, MAX_INSTANCES)).filter((count) => count !== undefined);
  const instances = counts.reduce((sum, count) => sum + count, 0);
  if (instances > MAX_INSTANCES) last?.fail('count', `${instances} instances in all: give at most ${MAX_INSTANCES}`);
  return { ...(counts.length === 0 ? {} : { instances }), ...(device === undefined ? {} : { device }) };
}

function readDevice(group: MessageReader): ModelSettings['device'] {
  const kind = group.choice('kind', KINDS) ?? 'KIND_AUTO';
  const gpus = group.integers('gpus', 0, 1023);
  if (gpus.length > 1) group.fail('gpus', `"gpus" names ${gpus.length} devices, and this server uses one: keep one`);
  if (gpus.length > 0 && kind === 'KIND_CPU') group.fail('gpus', '"gpus" and KIND_CPU exclude each other: keep one');
  if (kind === 'KIND_GPU' || gpus.length > 0) return 'Gpu';
  return kind === 'KIND_CPU' ? 'Cpu' : undefined;
}
