/** What the commands ask of a server, whichever of the two protocols carries it. */
import type { ClientInferRequest } from '../../runtime/wire/encode-infer-request.js';
import type { WireInferResponse } from '../../runtime/wire/infer-response.js';

export interface TensorMetadata {
  readonly name: string;
  /** Of the protocol, but not always one that is known here: `BF16` of other servers. */
  readonly datatype: string;
  /** -1: free. */
  readonly shape: readonly number[];
}

export interface ModelMetadata {
  readonly name: string;
  readonly versions: readonly string[];
  readonly platform: string;
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
}

/** Sums since the server started, over the versions that were asked for. Times in seconds. */
export interface ModelStatistics {
  /** Requests that succeeded. */
  readonly requests: number;
  readonly queueSeconds: number;
  readonly computeSeconds: number;
  /** Rows that were inferred. */
  readonly rows: number;
  /** Runs of the model. */
  readonly runs: number;
}

/** Encoded once, to be sent any number of times. */
export interface PreparedRequest {
  readonly path: string;
  readonly body: Buffer;
  /** REST: where in the body the binary tensors begin. */
  readonly jsonLength?: number;
}

export interface Answer {
  readonly byteLength: number;
  /** Throws ClientError or InferenceError when the answer is malformed, or says that there is none. */
  decode(): WireInferResponse;
}

/** Requests whose answers come in any number. */
export interface AnswerStream {
  send(request: PreparedRequest): void;
  /** No further request; the server ends the stream after its last answer. */
  end(): void;
  cancel(): void;
}

export interface StreamEvents {
  onAnswer(answer: Answer): void;
  /** Once; undefined when all went well. */
  onEnd(error: Error | undefined): void;
}

/** Every method rejects with ClientError. */
export interface InferenceClient {
  fetchMetadata(model: string, version: string): Promise<ModelMetadata>;
  /** Undefined where the server keeps none. */
  fetchStatistics(model: string, version: string): Promise<ModelStatistics | undefined>;
  /** Names of all models that the server has; empty where it does not tell (Triton's extension model_repository). */
  listModels(): Promise<readonly string[]>;
  prepare(request: ModelRequest): PreparedRequest;
  infer(request: PreparedRequest): Promise<Answer>;
  /** For so long at most; as long as one call when it is not given. Throws UsageError over REST, which has no streams. */
  openStream(events: StreamEvents, seconds?: number): AnswerStream;
  close(): void;
}

export type ModelRequest = ClientInferRequest;
