/**
 * How one model is served: what config.pbtxt, config.yaml and a load request say, in one plain record with every default
 * filled in. Who schedules, batches or loads reads this and never a file.
 */
import type { Datatype } from './datatype.js';

export type TimeoutAction = 'REJECT' | 'DELAY';

/** How long and how many requests may wait (Triton's ModelQueuePolicy). */
export interface QueuePolicy {
  /** Rows that may wait at one priority. Absent: only the server's own limits bind. */
  readonly maxRows?: number;
  /** A request that has waited this long is rejected or delayed. Absent: no timeout. */
  readonly timeoutSeconds?: number;
  /** DELAY: it runs after everything that has not timed out. */
  readonly timeoutAction: TimeoutAction;
  /** Whether a request's own timeout may shorten the one above. It never lengthens it. */
  readonly allowTimeoutOverride: boolean;
}

/** Which of the versions in the folder are served. */
export type VersionPolicy =
  | { readonly kind: 'Latest'; readonly count: number }
  | { readonly kind: 'All' }
  | { readonly kind: 'Specific'; readonly versions: readonly string[] };

export type SequenceControlKind = 'START' | 'READY' | 'END' | 'CORRID';

/** An input that tells the model where a sequence stands; the server fills it, no client sends it. */
export interface SequenceControl {
  readonly inputName: string;
  readonly kind: SequenceControlKind;
  readonly datatype: Datatype;
  /** Value for no and value for yes. CORRID has none: it carries the correlation id itself. */
  readonly falseTrue?: readonly [number, number];
}

/** An output that comes back as an input with the sequence's next request. */
export interface SequenceState {
  readonly inputName: string;
  readonly outputName: string;
  readonly datatype: Datatype;
  /** Without the batch axis when `maxBatchRows` is above 0; -1 is free. */
  readonly dims: readonly number[];
  /** File of raw bytes in `initial_state/` that the first request of a sequence starts from. Absent: zeros. */
  readonly initialFile?: string;
  /** Of the state that a sequence begins with, where it differs from `dims`; without the batch axis as those. */
  readonly initialDims?: readonly number[];
}

export interface SequenceSettings {
  /** Oldest: requests of different sequences are batched as they come. Direct: a sequence keeps its slot. */
  readonly strategy: 'Direct' | 'Oldest';
  readonly maxIdleSeconds: number;
  /** Sequences alive at once. */
  readonly maxSequences: number;
  readonly maxDelaySeconds: number;
  readonly states: readonly SequenceState[];
  readonly controls: readonly SequenceControl[];
}

/** A tensor as the configuration declares it; checked against the model when it is loaded. */
export interface DeclaredTensor {
  readonly name: string;
  /** Absent: whatever the model has. BF16 and unknown types never come here. */
  readonly datatype?: Datatype;
  /** What clients see, without the batch axis when `maxBatchRows` is above 0; -1 is free. Absent: as the model has it. */
  readonly dims?: readonly number[];
  /** What the model sees in place of `dims`, of as many elements. */
  readonly reshape?: readonly number[];
  /** Inputs only: clients may leave it out. */
  readonly isOptional: boolean;
}

export interface WarmupTensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly dims: readonly number[];
  readonly data: { readonly kind: 'Zeros' } | { readonly kind: 'Random' } | { readonly kind: 'File'; readonly filename: string };
}

export interface WarmupSample {
  readonly name: string;
  /** 0: the tensors have no batch axis in front of their dims. */
  readonly batchRows: number;
  readonly count: number;
  readonly inputs: readonly WarmupTensor[];
}

export interface ModelSettings {
  /** Rows that one run may hold. Absent: found out by the server; 0: requests are never batched. */
  readonly maxBatchRows?: number;
  /** Row counts to aim at; empty: found out by the server. Ascending. */
  readonly preferredRows: readonly number[];
  /** Time that a request may wait for others while the model is free. */
  readonly maxDelaySeconds: number;
  /** Answers leave in the order in which the requests came. */
  readonly preserveOrdering: boolean;
  /** Loaded copies. Absent: found out by the server. */
  readonly instances?: number;
  /** Absent: what the server was started with. */
  readonly device?: 'Cpu' | 'Gpu';
  /** Threads of one inference. Absent: found out by the server. */
  readonly intraOpThreads?: number;
  /** 0: requests have no priority. 1 is the highest. */
  readonly priorityLevels: number;
  /** Of a request that names none; 0 when there are no levels. */
  readonly defaultPriority: number;
  readonly queuePolicy: QueuePolicy;
  /** By priority level, where it differs from `queuePolicy`. */
  readonly priorityPolicies: ReadonlyMap<number, QueuePolicy>;
  readonly sequence?: SequenceSettings;
  /** Equal requests are answered from memory. */
  readonly responseCache: boolean;
  /** Equal requests in flight at once are computed once. */
  readonly singleFlight: boolean;
  readonly versionPolicy: VersionPolicy;
  /** Of each version folder. */
  readonly filename: string;
  readonly inputs: readonly DeclaredTensor[];
  readonly outputs: readonly DeclaredTensor[];
  /** File of labels by output, as configured: in the model's folder, one label a line. */
  readonly labelFiles: ReadonlyMap<string, string>;
  /** Labels by output, in the order of classes: what those files hold. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
  readonly warmup: readonly WarmupSample[];
  /** `parameters`, those that act included. */
  readonly parameters: ReadonlyMap<string, string>;
}

export const DEFAULT_QUEUE_POLICY: QueuePolicy = { timeoutAction: 'REJECT', allowTimeoutOverride: false };

/** Of a model that nobody configured. */
export const DEFAULT_MODEL_SETTINGS: ModelSettings = {
  preferredRows: [],
  maxDelaySeconds: 0,
  preserveOrdering: false,
  priorityLevels: 0,
  defaultPriority: 0,
  queuePolicy: DEFAULT_QUEUE_POLICY,
  priorityPolicies: new Map(),
  responseCache: false,
  singleFlight: false,
  versionPolicy: { kind: 'All' },
  filename: 'model.onnx',
  inputs: [],
  outputs: [],
  labelFiles: new Map(),
  labels: new Map(),
  warmup: [],
  parameters: new Map(),
};
