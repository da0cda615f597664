/** The Open Inference Protocol without a transport: what gRPC and REST both call. */
import { checkInputs, checkOutputs } from '../core/check-request.js';
import { type InferenceCode, InferenceError } from '../core/inference-error.js';
import { LIMITS } from '../core/limits.js';
import { newRunError } from '../core/load-error.js';
import { computeModelConfig, type ModelConfig, PLATFORM } from '../core/model-config.js';
import { compareVersions, computeReadiness, type Readiness, selectVersion } from '../core/readiness.js';
import { computeRepositoryIndex, type IndexEntry } from '../core/repository-index.js';
import type { ModelSignature } from '../core/signature.js';
import type { Tensor, UncheckedTensor } from '../core/tensor.js';
import { classifyFailure, InferenceStatistics } from './inference-statistics.js';
import type { Model, ModelStore, RunOutcome, Session } from './ports.js';
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
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
}

export interface ModelReport {
  readonly name: string;
  readonly version: string;
  readonly statistics: InferenceStatistics;
  /** Requests that wait for the model and do not run yet. */
  readonly waiting: number;
}

/** How far a request came. */
interface Progress {
  /** Set when the run begins. */
  queueSeconds?: number;
  /** Set when it ended well. */
  outcome?: RunOutcome;
}

/** Those of Triton's extensions that a client finds whole. Not `model_repository`: the index is here, but load and unload are not. */
const EXTENSIONS = ['binary_tensor_data', 'model_configuration', 'statistics'] as const;

export class Dataplane {
  readonly #queues = new WeakMap<Session, RunQueue>();
  readonly #statistics = new WeakMap<Model, InferenceStatistics>();

  constructor(readonly options: DataplaneOptions) {}

  readiness(): Readiness {
    const { store } = this.options;
    return computeReadiness(store.models(), store.isDraining);
  }

  serverMetadata(): { name: string; version: string; extensions: string[] } {
    return { name: 'slipway', version: this.options.serverVersion, extensions: [...EXTENSIONS] };
  }

  /** NOT_FOUND for a model that the server does not have; false while it loads, warms or drains. */
  isModelReady(name: string, version: string): boolean {
    return this.#find(name, version).state === 'Ready' && !this.options.store.isDraining;
  }

  repositoryIndex(isReadyOnly: boolean): IndexEntry[] {
    return computeRepositoryIndex(this.options.store.models(), isReadyOnly);
  }

  modelConfig(name: string, version: string): ModelConfig {
    const model = this.#find(name, version);
    if (model.session === undefined) throw newNotReady(model);
    const { provider, signature } = model.session;
    const settings = model.settings === undefined ? {} : { settings: model.settings };
    return computeModelConfig({ name, filename: model.filename, provider, signature, ...settings });
  }

  modelMetadata(name: string, version: string): ModelMetadata {
    const model = this.#find(name, version);
    if (model.session === undefined) throw newNotReady(model);
    const versions = this.#versionsOf(name)
      .map((other) => other.version)
      .sort(compareVersions);
    return { name, versions: version === '' ? versions : [model.version], platform: PLATFORM, signature: model.signature };
  }

  /**
   * Of every version of the model that the server has, ready or not, or of the one named; name '' means every model, whatever
   * the version.
   */
  statistics(name: string, version: string): ModelReport[] {
    if (name === '') return this.options.store.models().map((model) => this.#report(model));
    const named = this.#find(name, version);
    const versions = version === '' ? this.#versionsOf(name).sort((a, b) => compareVersions(a.version, b.version)) : [named];
    return versions.map((model) => this.#report(model));
  }

  async infer(request: InferRequest): Promise<InferResponse> {
    const started = this.options.monotonicSeconds();
    const model = this.#find(request.model, request.version);
    const progress: Progress = {};
    let code: InferenceCode | 'OK' = 'OK';
    model.enter?.();
    try {
      return await this.#run(model, request, progress);
    } catch (error) {
      code = error instanceof InferenceError ? error.code : 'INTERNAL';
      throw error;
    } finally {
      model.leave?.();
      this.#count(model, { code, seconds: this.options.monotonicSeconds() - started, progress });
    }
  }

  #count(model: Model, end: { code: InferenceCode | 'OK'; seconds: number; progress: Progress }): void {
    const { code, seconds, progress } = end;
    const { queueSeconds, outcome } = progress;
    const statistics = this.#statisticsOf(model);
    if (code !== 'OK') statistics.addFailure(seconds, classifyFailure(code, queueSeconds !== undefined));
    else if (queueSeconds !== undefined && outcome !== undefined) statistics.addSuccess(seconds, { rows: 1, queueSeconds, run: outcome });
    this.options.observer.observeRequest({
      model: model.name,
      version: model.version,
      code,
      seconds,
      ...(queueSeconds === undefined ? {} : { queueSeconds }),
      ...(outcome === undefined ? {} : { inferenceSeconds: outcome.inferenceSeconds }),
    });
  }

  async #run(model: Model, request: InferRequest, progress: Progress): Promise<InferResponse> {
    const { session, name, version } = model;
    // Draining models still answer: endpoints take seconds to forget a pod.
    if (session === undefined || (model.state !== 'Ready' && model.state !== 'Draining')) throw newNotReady(model);
    const inputs = checkInputs(name, session.signature, request.inputs);
    const outputs = checkOutputs(name, session.signature, request.outputs);
    const queue = this.#queueOf(session);
    const { observer, monotonicSeconds, nowMs } = this.options;
    const bytes = inputs.reduce((sum, input) => sum + input.data.byteLength, 0);
    const queued = monotonicSeconds();
    const ticket = request.signal === undefined ? { bytes } : { bytes, signal: request.signal };
    const task = queue.run(ticket, async () => {
      progress.queueSeconds = monotonicSeconds() - queued;
      const outcome = await session.run({ parts: [{ inputs, rows: 1 }], outputs }).catch((error: Error) => {
        throw error instanceof InferenceError ? error : newRunError(name, error.message);
      });
      progress.outcome = outcome;
      this.#statisticsOf(model).addExecution(nowMs(), 1, outcome);
      return { model: name, version, outputs: outcome.outputs };
    });
    observer.observeQueueDepth(name, version, queue.depth);
    return await task.finally(() => observer.observeQueueDepth(name, version, queue.depth));
  }

  #report(model: Model): ModelReport {
    const { name, version, session } = model;
    const waiting = session === undefined ? 0 : this.#queueOf(session).waiting;
    return { name, version, statistics: this.#statisticsOf(model), waiting };
  }

  #statisticsOf(model: Model): InferenceStatistics {
    const known = this.#statistics.get(model);
    if (known !== undefined) return known;
    const statistics = new InferenceStatistics();
    this.#statistics.set(model, statistics);
    return statistics;
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
