/**
 * How many copies of a model to load and with how many threads each. One thread per copy beats one copy with all threads
 * (measured on a small CNN: 1720–1790 against 1416–1540 images/s with two CPUs; twice as many threads as CPUs halve it), but
 * every copy holds the weights once, so memory decides how many there are:
 *   copies = clamp(floor((limit × 0.8 − BASE) / perCopy), 1, CPUs),   perCopy = 1.2 × model bytes + activations + WORKER
 * and the CPUs that no copy takes become threads of each: threads = floor(CPUs / copies).
 * Example: 4 CPUs, 2 GiB, a model of 700 MB: perCopy 940 MB, so 1 copy with 4 threads. With 100 MB: 4 copies with 1 thread.
 * WORKER and BASE are measured (see ADR 27): a worker with a model of 10 MB adds 22–30 MB, the server alone has about 110 MB.
 */
const MIB = 2 ** 20;
const BASE_BYTES = 160 * MIB;
const WORKER_BYTES = 20 * MIB;
const DEFAULT_ACTIVATION_BYTES = 32 * MIB;
const WEIGHT_FACTOR = 1.2;
const USABLE_MEMORY = 0.8;
/** More copies than this gain nothing that more pods would not give too, and each has its own queue of batches. */
const MAX_INSTANCES = 64;

export interface InstanceInput {
  /** CPUs that this process may use: its quota, or the machine's. May be a fraction. */
  readonly quotaCpus: number;
  /** Undefined: nothing limits it. */
  readonly memoryBytes: number | undefined;
  /** Of the model file and its external data. */
  readonly modelBytes: number;
  /** Measured growth during the largest run, if known. */
  readonly activationBytes?: number;
  /** Copies of a model on one accelerator wait for one another. */
  readonly accelerator?: string;
  /** What the user asked for. */
  readonly asked?: { readonly instances?: number; readonly threads?: number };
}

export interface InstancePlan {
  readonly instances: number;
  /** Intra-op threads of each. */
  readonly threads: number;
  /** One line for status and logs. */
  readonly why: string;
}

export function planInstances(input: InstanceInput): InstancePlan {
  const cpus = Math.max(1, Math.ceil(input.quotaCpus));
  const asked = input.asked ?? {};
  if (asked.instances !== undefined) {
    const instances = clamp(asked.instances, 1, MAX_INSTANCES);
    const threads = Math.max(1, asked.threads ?? Math.floor(cpus / instances));
    return { instances, threads, why: `${instances} instances were asked for${describeExcess(instances * threads, cpus)}` };
  }
  if (input.accelerator !== undefined) return { instances: 1, threads: asked.threads ?? cpus, why: 'one accelerator runs one copy' };
  const room = computeRoom(input);
  const wanted = asked.threads === undefined ? cpus : Math.max(1, Math.floor(cpus / Math.max(1, asked.threads)));
  const instances = clamp(Math.min(wanted, room.copies), 1, MAX_INSTANCES);
  const threads = Math.max(1, asked.threads ?? Math.floor(cpus / instances));
  return { instances, threads, why: instances < wanted ? room.why : `one copy for each ${threads} of ${cpus} CPUs` };
}

function computeRoom(input: InstanceInput): { copies: number; why: string } {
  if (input.memoryBytes === undefined) return { copies: MAX_INSTANCES, why: `at most ${MAX_INSTANCES} copies` };
  const perCopy = WEIGHT_FACTOR * input.modelBytes + (input.activationBytes ?? DEFAULT_ACTIVATION_BYTES) + WORKER_BYTES;
  const copies = Math.floor((USABLE_MEMORY * input.memoryBytes - BASE_BYTES) / perCopy);
  const why = `memory of ${formatMib(input.memoryBytes)} holds ${Math.max(0, copies)} copies of about ${formatMib(perCopy)}`;
  return { copies, why: copies < 1 ? `${why}: one is loaded all the same, raise the memory limit` : why };
}

function describeExcess(threads: number, cpus: number): string {
  return threads > cpus ? `: ${threads} threads share ${cpus} CPUs and slow one another down` : '';
}

function formatMib(bytes: number): string {
  return `${Math.round(bytes / MIB)} MiB`;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, Math.floor(value)));
}
