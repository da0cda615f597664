/** The Open Inference Protocol without a transport: what gRPC and REST both call. */
import { checkInputs, checkOutputs } from '../core/check-request.js';
import { InferenceError } from '../core/inference-error.js';
import { LIMITS } from '../core/limits.js';
import { newRunError } from '../core/load-error.js';
import { compareVersions, computeReadiness, type Readiness, selectVersion } from '../core/readiness.js';
import type { ModelSignature } from '../core/signature.js';
import type { Tensor, UncheckedTensor } from '../core/tensor.js';
import type { Model, ModelStore, Session } from './ports.js';
import { RunQueue } from './run-queue.js';

export interface InferRequest {
  readonly model: string;
  /** '' for the latest that is ready. */
  readonly version: string;
  readonly inputs: readonly UncheckedTensor[];
  /** Empty: every output of the model. */
  readonly outputs: readonly string[];
  readonly signal?: AbortSignal;
}

export interface InferResponse {
  readonly model: string;
  readonly version: string;
  readonly outputs: readonly Tensor[];
}

export interface ModelMetadata {
  readonly name: string;
  readonly versions: readonly string[];
  readonly platform: string;
  readonly signature: ModelSignature;
}

export interface Observer {
  /** A request ended: `code` is OK or an InferenceCode; the seconds are absent when it never ran. */
  observeRequest(fact: { model: string; version: string; code: string; seconds: number; queueSeconds?: number; inferenceSeconds?: number }): void;
  observeQueueDepth(model: string, version: string, depth: number): void;
}

export interface DataplaneOptions {
  readonly store: ModelStore;
  readonly serverVersion: string;
  readonly observer: Observer;
  /** Seconds that only grow. */
  readonly monotonicSeconds: () => number;
}

/** Triton's name for this backend, which its clients know. */
const PLATFORM = 'onnxruntime_onnx';

export class Dataplane {
  readonly #queues = new WeakMap<Session, RunQueue>();

  constructor(readonly options: DataplaneOptions) {}

  readiness(): Readiness {
    const { store } = this.options;
    return computeReadiness(store.models(), store.isDraining);
  }

  serverMetadata(): { name: string; version: string; extensions: string[] } {
    return { name: 'slipway', version: this.options.serverVersion, extensions: ['binary_tensor_data'] };
  }

  /** NOT_FOUND for a model that the server does not have; false while it loads, warms or drains. */
  isModelReady(name: string, version: string): boolean {
    return this.#find(name, version).state === 'Ready' && !this.options.store.isDraining;
  }

  modelMetadata(name: string, version: string): ModelMetadata {
    const model = this.#find(name, version);
    if (model.session === undefined) throw newNotReady(model);
    const versions = this.#versionsOf(name)
      .map((other) => other.version)
      .sort(compareVersions);
    return { name, versions: version === '' ? versions : [model.version], platform: PLATFORM, signature: model.signature };
  }

  async infer(request: InferRequest): Promise<InferResponse> {
    const { observer, monotonicSeconds } = this.options;
    const started = monotonicSeconds();
    const model = this.#find(request.model, request.version);
    const { name, version } = model;
    const timings: { queueSeconds?: number; inferenceSeconds?: number } = {};
    let code = 'OK';
    try {
      return await this.#run(model, request, timings);
    } catch (error) {
      code = error instanceof InferenceError ? error.code : 'INTERNAL';
      throw error;
    } finally {
      observer.observeRequest({ model: name, version, code, seconds: monotonicSeconds() - started, ...timings });
    }
  }

  async #run(model: Model, request: InferRequest, timings: { queueSeconds?: number; inferenceSeconds?: number }): Promise<InferResponse> {
    const { session, name, version } = model;
    // Draining models still answer: endpoints take seconds to forget a pod.
    if (session === undefined || (model.state !== 'Ready' && model.state !== 'Draining')) throw newNotReady(model);
    const inputs = checkInputs(name, session.signature, request.inputs);
    const outputs = checkOutputs(name, session.signature, request.outputs);
    const queue = this.#queueOf(session);
    const { observer, monotonicSeconds } = this.options;
    const bytes = inputs.reduce((sum, input) => sum + input.data.byteLength, 0);
    const queued = monotonicSeconds();
    const ticket = request.signal === undefined ? { bytes } : { bytes, signal: request.signal };
    const task = queue.run(ticket, async () => {
      timings.queueSeconds = monotonicSeconds() - queued;
      const outcome = await session.run(inputs, outputs).catch((error: Error) => {
        throw error instanceof InferenceError ? error : newRunError(name, error.message);
      });
      timings.inferenceSeconds = outcome.inferenceSeconds;
      return { model: name, version, outputs: outcome.outputs };
    });
    observer.observeQueueDepth(name, version, queue.depth);
    return await task.finally(() => observer.observeQueueDepth(name, version, queue.depth));
  }

  #queueOf(session: Session): RunQueue {
    const known = this.#queues.get(session);
    if (known !== undefined) return known;
    const queue = new RunQueue({ length: LIMITS.queueLength, bytes: LIMITS.queueBytes });
    this.#queues.set(session, queue);
    return queue;
  }

  #versionsOf(name: string): Model[] {
    return this.options.store.models().filter((model) => model.name === name);
  }

  #find(name: string, version: string): Model {
    const versions = this.#versionsOf(name);
    if (versions.length === 0) throw new InferenceError('NOT_FOUND', `Request for unknown model: '${name}' is not found`);
    const model = selectVersion(versions, version);
    if (model !== undefined) return model;
    const known = versions.map((other) => other.version).sort(compareVersions);
    throw new InferenceError('NOT_FOUND', `Request for unknown model: '${name}' version ${version} is not found. Versions here: ${known.join(', ')}`);
  }
}

function newNotReady(model: Model): InferenceError {
  return new InferenceError('UNAVAILABLE', `Model '${model.name}' version ${model.version} is not ready: it is ${model.state}`);
}
