/**
 * What changes the server while it runs: models that come and go, shared memory, trace and log settings. Off unless the
 * server was started with it: who may call these may replace models and name files.
 */
import { InferenceError } from '../core/inference-error.js';
import type { LogSettings } from './log-settings.js';
import type { LoadParameters, ModelStore } from './ports.js';
import type { SharedMemory } from './shared-memory.js';
import type { TraceSettings } from './trace-settings.js';

export interface AdminPlaneOptions {
  readonly store: ModelStore;
  readonly sharedMemory: SharedMemory;
  readonly trace: TraceSettings;
  readonly log: LogSettings;
}

export class AdminPlane {
  readonly sharedMemory: SharedMemory;
  readonly trace: TraceSettings;
  readonly log: LogSettings;
  readonly #store: ModelStore;

  constructor(options: AdminPlaneOptions) {
    this.sharedMemory = options.sharedMemory;
    this.trace = options.trace;
    this.log = options.log;
    this.#store = options.store;
  }

  /** Resolves when the new versions serve. Rejects with InferenceError; what served before then serves on. */
  async load(name: string, parameters: LoadParameters): Promise<void> {
    if (this.#store.load === undefined) throw newFixedModels();
    await this.#store.load(name, parameters);
  }

  async unload(name: string): Promise<void> {
    if (this.#store.unload === undefined) throw newFixedModels();
    await this.#store.unload(name);
  }
}

/** `admin` undefined: this port has none. Throws InferenceError(UNIMPLEMENTED), which says how to have it. */
export function requireAdmin(admin: AdminPlane | undefined, what: string): AdminPlane {
  if (admin !== undefined) return admin;
  throw new InferenceError(
    'UNIMPLEMENTED',
    `${what} is off on this port: start the server with --admin, or with --admin-port PORT and call that one`,
  );
}

/** Of every server: GPU memory that a client shares cannot be reached through ONNX Runtime's Node binding. */
export function newNoCudaMemory(): InferenceError {
  return new InferenceError(
    'UNIMPLEMENTED',
    'CUDA shared memory cannot be registered: send the tensor in the message, or share system memory where the server has --admin',
  );
}

function newFixedModels(): InferenceError {
  return new InferenceError('UNIMPLEMENTED', 'This server serves one model file: start it with a folder of models to load and unload them');
}
