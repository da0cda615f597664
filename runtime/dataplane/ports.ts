/** What the dataplane needs from the world: something that runs models, and something that has them. */
import type { BatchPlan } from '../core/batch-plan.js';
import type { CallState } from '../core/call-state.js';
import type { EmptyPolicy } from '../core/empty-inputs.js';
import type { InferenceError } from '../core/inference-error.js';
import type { ModelSettings } from '../core/model-settings.js';
import type { ModelState } from '../core/readiness.js';
import type { SequencePosition } from '../core/request-options.js';
import type { ModelSignature } from '../core/signature.js';
import type { Tensor } from '../core/tensor.js';
import type { InferenceStatistics } from './inference-statistics.js';

export type Accelerator = 'nvidia' | 'amd' | 'intel';

/** Where a session runs: in a thread of its own, in the serving thread (for runs shorter than the way to a thread), or in a process of its own. */
export type SessionMode = 'thread' | 'inline' | 'process';

/** What becomes of a session in a process of its own when that ends. */
export type SessionEvent = { readonly kind: 'Lost'; readonly reason: string; readonly restartMs: number } | { readonly kind: 'Restarted' };

export interface LoadOptions {
  /** Intra-op threads of this one session. */
  readonly threads: number;
  /** Absent: CPU. */
  readonly accelerator?: Accelerator;
  /** Absent: 'thread'. */
  readonly mode?: SessionMode;
  /** The model itself, when a rewritten graph takes the place of the file's; external data is looked for beside the path all the same. */
  readonly bytes?: Uint8Array;
  /** A session that makes no progress for so long, or for a hundred of its longest runs if that is more, is lost. Absent: 60. */
  readonly hangSeconds?: number;
  /** Hears of each end of its process that is not for good, and of each new beginning. */
  readonly onSession?: (event: SessionEvent) => void;
}

/** One request's share of a run. */
export interface RunPart {
  /** In the order of the signature; an optional input that was not given is left out. */
  readonly inputs: readonly Tensor[];
  /** Its rows along the batch axis; 1 for a model without one. */
  readonly rows: number;
}

/** How several parts become one set of inputs. */
export interface BatchLayout {
  /** Per input of the parts: the axis along which rows lie one after another; undefined where all parts have the same tensor, taken from the first. */
  readonly axes: readonly (number | undefined)[];
  /** Shape of each input of the whole batch; where a part is smaller along another axis, zeros fill. */
  readonly shapes: readonly (readonly number[])[];
}

export interface RunBatch {
  /** At least one. */
  readonly parts: readonly RunPart[];
  /** Absent for one part, which runs as it is. */
  readonly layout?: BatchLayout;
  /** Names of the outputs to compute. */
  readonly outputs: readonly string[];
}

/** The parts of one run, which the requests in it share. */
export interface RunSeconds {
  /** Time to bring the inputs to the model. */
  readonly inputSeconds: number;
  /** Time inside the model alone. */
  readonly inferenceSeconds: number;
  /** Time to bring the outputs back. */
  readonly outputSeconds: number;
}

export interface RunOutcome extends RunSeconds {
  /** Of the whole batch, in the order asked for. Their memory is the receiver's. */
  readonly outputs: readonly Tensor[];
}

/** One loaded copy of a model; it runs one batch at a time. */
export interface Session {
  readonly signature: ModelSignature;
  /** Execution provider, as ONNX Runtime names it. */
  readonly provider: string;
  /** Batches that it takes before the first has ended: those beyond one lie ready in its memory and start without a way back. */
  readonly depth: number;
  /** Rejects with an Error whose message is the backend's own text, or with InferenceError UNAVAILABLE when the session is lost. */
  run(batch: RunBatch): Promise<RunOutcome>;
  /** Gives back memory that earlier batches needed and that nothing uses now. Absent where there is none. */
  trim?(): void;
  /** Present on one that starts again by itself after it was lost: resolves once it can run, and rejects when it never will. */
  readonly whenBack?: (() => Promise<void>) | undefined;
  /** Resolves when the runs in progress have ended and its memory is free; it never cuts a run off. */
  close(): Promise<void>;
}

export interface Backend {
  /** Name and version of the library, for metadata and status. */
  readonly version: string;
  /** Rejects with LoadError. `onCrash` is called when the session dies later, without being asked to. */
  load(path: string, options: LoadOptions, onCrash: (error: Error) => void): Promise<Session>;
}

/** One request on its way through a scheduler. One object per request, kept small: there are tens of thousands a second. */
export interface WorkItem extends RunPart {
  /** Names of the outputs to compute, in the order in which the result has them. */
  readonly outputs: readonly string[];
  /** 1 is the most urgent; 0 asks for the default level. */
  readonly priority: number;
  /** On the clock of the process; nobody wants the answer after it. */
  readonly deadlineSeconds?: number | undefined;
  /** Longest wait in the queue that the request itself asks for. */
  readonly timeoutSeconds?: number | undefined;
  /** Where in a sequence it stands; absent: it belongs to none. */
  readonly sequence?: SequencePosition | undefined;
  /** Its listener belongs to the scheduler from `submit` to `done`. */
  readonly call: CallState;
  /** Of its input tensors: what the queue holds in memory for it. */
  readonly bytes: number;
  /** Called exactly once, never inside `submit` unless the request is refused there or answered from memory. It must not throw. */
  done(result: ItemResult): void;
}

export interface ItemFailure {
  readonly error: InferenceError;
  /** The model failed, and not the way to it. */
  readonly hasRun?: boolean;
}

export interface ItemSuccess {
  readonly error?: undefined;
  /** Views into memory that the requests of the batch share. */
  readonly outputs: readonly Tensor[];
  readonly queueSeconds: number;
  /** Of the whole batch; absent when the answer came from memory. */
  readonly run?: RunSeconds;
  /** Rows of the whole batch. */
  readonly batchRows?: number;
}

export type ItemResult = ItemSuccess | ItemFailure;

/** Decides which requests run when, and together. */
export interface RequestScheduler {
  submit(item: WorkItem): void;
  /** Requests that wait or run. */
  readonly depth: number;
  /** Requests that wait and do not run yet. */
  readonly waiting: number;
  /** Rows of those that wait; absent: not counted. */
  readonly waitingRows?: number;
  /** Rows at which batches stop growing, as measured for rows like the last ones; absent: as the plan says. */
  readonly targetRows?: number | undefined;
  /** Resolves once nothing waits and nothing runs. */
  idle(): Promise<void>;
}

/** A model that is loaded and answers. */
export interface Servable {
  readonly signature: ModelSignature;
  /** Execution provider, as ONNX Runtime names it. */
  readonly provider: string;
  readonly settings: ModelSettings;
  readonly plan: BatchPlan;
  readonly emptyPolicy: EmptyPolicy;
  /** Loaded copies. */
  readonly instances: number;
  readonly scheduler: RequestScheduler;
}

/** A version of a model that the server has, whatever its state. */
export interface Model {
  readonly name: string;
  readonly version: string;
  readonly state: ModelState;
  /** Why it is not ready, in one line; empty when it is. */
  readonly reason: string;
  /** Of the file that it is loaded from, without its folder. */
  readonly filename: string;
  readonly statistics: InferenceStatistics;
  /** Present once loaded. */
  readonly servable: Servable | undefined;
  /** Of a change that was refused while its forerunner serves on. */
  readonly isRejected?: boolean;
  /** Called around each request, queued or running: an unload waits until every `enter` has had its `leave`. */
  enter?(): void;
  leave?(): void;
}

/** Of RepositoryModelLoad: `config` is JSON, `file:<version>/<name>` are bytes. */
export type LoadParameters = ReadonlyMap<string, string | boolean | number | Uint8Array>;

export interface ModelStore {
  models(): readonly Model[];
  readonly isDraining: boolean;
  /** Loads, or loads anew: resolves when the new versions serve. Rejects with InferenceError, and what served before serves on. */
  load?(name: string, parameters: LoadParameters): Promise<void>;
  /** Resolves when the last request has ended and the memory is free. Rejects with InferenceError. */
  unload?(name: string): Promise<void>;
}
