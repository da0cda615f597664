/** How a model is loaded here: its own settings over what the machine, the memory limit and the flags of the server allow. */
import { type InstancePlan, planInstances } from '../core/instances.js';
import { LoadError } from '../core/load-error.js';
import type { ModelSettings } from '../core/model-settings.js';
import type { Accelerator, LoadOptions, SessionMode } from '../dataplane/ports.js';

/** What this process may use. */
export interface HostResources {
  /** A quota may grant a part of one. */
  readonly cpus: number;
  /** Undefined: nothing limits it. */
  readonly memoryBytes?: number;
  /** Absent: CPU. */
  readonly accelerator?: Accelerator;
  /** Absent: a thread, or the serving thread for models that are measured to be short enough. */
  readonly sessionMode?: SessionMode;
  /** Absent: the backend's own. */
  readonly hangSeconds?: number;
}

export interface LoadPlan extends InstancePlan {
  readonly options: LoadOptions;
}

/** Throws LoadError when the model wants a GPU and the server has none. */
export function planLoad(settings: ModelSettings, host: HostResources, modelBytes: number): LoadPlan {
  const accelerator = selectAccelerator(settings, host);
  const asked = {
    ...(settings.instances === undefined ? {} : { instances: settings.instances }),
    ...(settings.intraOpThreads === undefined ? {} : { threads: settings.intraOpThreads }),
  };
  const onAccelerator = accelerator === undefined ? {} : { accelerator };
  const instances = planInstances({ quotaCpus: host.cpus, memoryBytes: host.memoryBytes, modelBytes, asked, ...onAccelerator });
  const options: LoadOptions = {
    threads: instances.threads,
    mode: host.sessionMode ?? 'thread',
    ...onAccelerator,
    ...(host.hangSeconds === undefined ? {} : { hangSeconds: host.hangSeconds }),
  };
  return { ...instances, options };
}

function selectAccelerator(settings: ModelSettings, { accelerator }: HostResources): Accelerator | undefined {
  if (settings.device !== 'Gpu') return settings.device === 'Cpu' ? undefined : accelerator;
  if (accelerator !== undefined) return accelerator;
  throw new LoadError(
    'PROVIDER_MISSING',
    'load',
    '"instance_group" asks for a GPU, and the server was started without --accelerator: give one, or KIND_CPU',
  );
}
