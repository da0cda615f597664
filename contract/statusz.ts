/** The JSON that the runtime answers on `/statusz`: what the operator copies into status. */
export interface TensorSignature {
  readonly name: string;
  /** OIP datatype: BOOL, UINT8 … FP64, BYTES. */
  readonly datatype: string;
  /** -1 for a dimension that is free. */
  readonly shape: readonly number[];
}

/** How a loaded model is served on this machine: what was planned, proven and measured when it was loaded. */
export interface ServingStatusz {
  /** Loaded copies, each of which runs one batch at a time. */
  readonly instances: number;
  /** A thread each, the serving thread itself, or a process each. */
  readonly mode: 'thread' | 'inline' | 'process';
  /** Why in processes, where the server chose so: an operator of the graph that can end one. */
  readonly modeWhy?: string;
  /** Intra-op threads of each. */
  readonly threads: number;
  /** Rows that one run holds at most; 1: requests are not batched. */
  readonly maxRows: number;
  /** Rows at which this machine was measured to compute most rows per second. */
  readonly targetRows: number;
  /** Why requests are batched, or are not. */
  readonly why: string;
}

export interface ModelStatusz {
  readonly name: string;
  readonly version: string;
  readonly state: 'Loading' | 'Warming' | 'Ready' | 'Draining' | 'Failed';
  /** Why the model is not ready, in one line; empty when it is. */
  readonly reason: string;
  readonly format: 'onnx';
  readonly digest?: string;
  readonly contentDigest?: string;
  readonly bytes?: number;
  /** RFC 3339 time at which the digest was verified. */
  readonly verifiedAt?: string;
  readonly signature: { readonly inputs: readonly TensorSignature[]; readonly outputs: readonly TensorSignature[] };
  /** Execution provider that runs the model, as ONNX Runtime names it: cpu, cuda. */
  readonly provider: string;
  /** Present once it is loaded. */
  readonly serving?: ServingStatusz;
  readonly seconds: { readonly download?: number; readonly load: number; readonly warmup: number };
}

export interface Statusz {
  readonly version: string;
  readonly onnxruntime: string;
  readonly threads: number;
  readonly instances: number;
  readonly models: readonly ModelStatusz[];
}

/** Record that `slipway fetch` leaves beside the model and `serve` reads. */
export interface FetchRecord {
  readonly uri: string;
  readonly digest: string;
  readonly contentDigest: string;
  readonly bytes: number;
  readonly format: 'onnx';
  readonly verifiedAt: string;
  readonly downloadSeconds: number;
  /** The commit, for `hf://`. */
  readonly sourceRevision?: string;
  /** Of a model of several files: all of them, with the model itself. */
  readonly files?: readonly FetchedFile[];
}

export interface FetchedFile {
  /** Relative to the record. */
  readonly path: string;
  /** Relative to the model's folder at the source: the name that `contentDigest` counts. */
  readonly name: string;
  readonly digest: string;
}

const RECORD_TEXTS = ['uri', 'digest', 'contentDigest', 'verifiedAt'] as const;

export function isFetchRecord(value: unknown): value is FetchRecord {
  if (typeof value !== 'object' || value === null) return false;
  const fields = new Map<string, unknown>(Object.entries(value));
  const hasTexts = RECORD_TEXTS.every((key) => typeof fields.get(key) === 'string');
  const files = fields.get('files') ?? [];
  return (
    hasTexts &&
    typeof fields.get('bytes') === 'number' &&
    typeof fields.get('downloadSeconds') === 'number' &&
    fields.get('format') === 'onnx' &&
    ['undefined', 'string'].includes(typeof fields.get('sourceRevision')) &&
    Array.isArray(files) &&
    files.every(isFetchedFile)
  );
}

function isFetchedFile(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return ['path', 'name', 'digest'].every((key) => typeof Reflect.get(value, key) === 'string');
}
