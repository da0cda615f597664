/** What the dataplane needs from the world: something that runs models, and something that has them. */
import type { ModelState } from '../core/readiness.js';
import type { ModelSignature } from '../core/signature.js';
import type { Tensor } from '../core/tensor.js';

export type Accelerator = 'nvidia' | 'amd' | 'intel';

export interface LoadOptions {
  readonly threads: number;
  /** Absent: CPU. */
  readonly accelerator?: Accelerator;
}

export interface RunOutcome {
  readonly outputs: readonly Tensor[];
  /** Time to bring the inputs to the model. */
  readonly inputSeconds: number;
  /** Time inside the model alone. */
  readonly inferenceSeconds: number;
  /** Time to bring the outputs back. */
  readonly outputSeconds: number;
}

/** One loaded copy of a model; it runs one request at a time. */
export interface Session {
  readonly signature: ModelSignature;
  /** Execution provider, as ONNX Runtime names it. */
  readonly provider: string;
  /** Rejects with an Error whose message is the backend's own text. */
  run(inputs: readonly Tensor[], outputs: readonly string[]): Promise<RunOutcome>;
  close(): Promise<void>;
}

export interface Backend {
  /** Name and version of the library, for metadata and status. */
  readonly version: string;
  /** Rejects with LoadError. `onCrash` is called when the session dies later, without being asked to. */
  load(path: string, options: LoadOptions, onCrash: (error: Error) => void): Promise<Session>;
}

/** A model that the server has, whatever its state. */
export interface Model {
  readonly name: string;
  readonly version: string;
  readonly state: ModelState;
  /** Why it is not ready, in one line; empty when it is. */
  readonly reason: string;
  /** Of the file that it is loaded from, without its folder. */
  readonly filename: string;
  readonly signature: ModelSignature;
  /** Present once loaded. */
  readonly session: Session | undefined;
}

export interface ModelStore {
  models(): readonly Model[];
  readonly isDraining: boolean;
}
