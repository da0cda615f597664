/** The Open Inference Protocol without a transport: what gRPC and REST both call. */
import { answerEmpty } from '../core/empty-inputs.js';
import { InferenceError } from '../core/inference-error.js';
import { computeModelConfig, type ModelConfig, PLATFORM } from '../core/model-config.js';
import { compareVersions, computeReadiness, type Readiness, selectVersion } from '../core/readiness.js';
import { computeRepositoryIndex, type IndexEntry } from '../core/repository-index.js';
import type { ModelSignature } from '../core/signature.js';
import type { InferRequest, InferResponse } from './inference-request.js';
import { computeModelLoad, type ModelLoad } from './model-load.js';
import type { ModelReport } from './model-report.js';
import type { ItemResult, Model, ModelStore, Servable } from './ports.js';
import { finishOutputs, type PreparedRequest, prepareRequest } from './prepare-request.js';
import type { SharedMemory } from './shared-memory.js';

export interface ModelMetadata {
  readonly name: string;
  readonly versions: readonly string[];
  readonly platform: string;
  readonly signature: ModelSignature;
}

export interface DataplaneOptions {
  readonly store: ModelStore;
  readonly serverVersion: string;
  /** Seconds that only grow. */
  readonly monotonicSeconds: () => number;
  /** Absent: clients may not change this server. */
  readonly sharedMemory?: SharedMemory;
}

/** Those that a server has which clients may change. */
const ADMIN_EXTENSIONS = ['logging', 'model_repository', 'system_shared_memory', 'trace'] as const;
/** Those of Triton's extensions that every client finds whole. */
const EXTENSIONS = [
  'binary_tensor_data',
  'classification',
  'model_configuration',
  'parameters',
  'schedule_policy',
  'sequence',
  'statistics',
] as const;

export class Dataplane {
  constructor(readonly options: DataplaneOptions) {}

  readiness(): Readiness {
    const { store } = this.options;
    return computeReadiness(store.models(), store.isDraining);
  }

  serverMetadata(): { name: string; version: string; extensions: string[] } {
    const admin = this.options.sharedMemory === undefined ? [] : ADMIN_EXTENSIONS;
    return { name: 'slipway', version: this.options.serverVersion, extensions: [...EXTENSIONS, ...admin].sort() };
  }

  /** NOT_FOUND for a model that the server does not have; false while it loads, warms or drains. */
  isModelReady(name: string, version: string): boolean {
    return this.#find(name, version).state === 'Ready' && !this.options.store.isDraining;
  }

  /** Of every model that the server has, each once. */
  modelNames(): string[] {
    return [...new Set(this.options.store.models().map(({ name }) => name))].sort();
  }

  /** Of every model of which a version is loaded, as a client sees it that names none. */
  loadedModels(): ModelMetadata[] {
    const isLoaded = (name: string): boolean => this.#find(name, '').servable !== undefined;
    return this.modelNames()
      .filter(isLoaded)
      .map((name) => this.modelMetadata(name, ''));
  }

  repositoryIndex(isReadyOnly: boolean): IndexEntry[] {
    return computeRepositoryIndex(this.options.store.models(), isReadyOnly);
  }

  modelConfig(name: string, version: string): ModelConfig {
    const model = this.#find(name, version);
    if (model.servable === undefined) throw newNotReady(model);
    const { provider, signature, settings, instances, plan } = model.servable;
    // Triton's dims leave the rows out where they lead every tensor, and can say nothing of rows that lie elsewhere.
    const leads = [...plan.inputAxes, ...plan.outputAxes].every((axis) => axis === 0);
    const learned = plan.maxRows > 1 && leads && settings.maxBatchRows === undefined ? { maxBatchRows: plan.maxRows } : {};
    return computeModelConfig({ name, filename: model.filename, provider, signature, settings, instances, ...learned });
  }

  modelMetadata(name: string, version: string): ModelMetadata {
    const model = this.#find(name, version);
    if (model.servable === undefined) throw newNotReady(model);
    const versions = this.#versionsOf(name)
      .map((other) => other.version)
      .sort(compareVersions);
    return { name, versions: version === '' ? versions : [model.version], platform: PLATFORM, signature: model.servable.signature };
  }

  /**
   * Of every version of the model that the server has, ready or not, or of the one named; name '' means every model, whatever
   * the version.
   */
  statistics(name: string, version: string): ModelReport[] {
    if (name === '') return this.options.store.models().map(toReport);
    const named = this.#find(name, version);
    const versions = version === '' ? this.#versionsOf(name).sort((a, b) => compareVersions(a.version, b.version)) : [named];
    return versions.map(toReport);
  }

  /** How full the model is, for who spreads load; undefined while it is not loaded or not there. */
  modelLoad(name: string, version: string): ModelLoad | undefined {
    const model = selectVersion(this.#versionsOf(name), version);
    return model?.servable === undefined ? undefined : computeModelLoad(model.servable);
  }

  async infer(request: InferRequest): Promise<InferResponse> {
    const { sharedMemory, monotonicSeconds } = this.options;
    const { record } = request;
    const started = monotonicSeconds();
    const model = this.#find(request.model, request.version);
    const { statistics } = model;
    record?.found(model);
    let hasRun = false;
    model.enter?.();
    try {
      const servable = requireServable(model);
      const prepared = prepareRequest(servable, request, sharedMemory);
      const submittedSeconds = record === undefined ? 0 : monotonicSeconds();
      const result = answerWithoutRun(servable, request.model, prepared) ?? (await submit(servable, request, prepared));
      if (result.error !== undefined) {
        hasRun = result.hasRun === true;
        throw result.error;
      }
      record?.ran({ ...result, rows: prepared.rows, submittedSeconds, answeredSeconds: monotonicSeconds() });
      const outputs = finishOutputs(servable, request.outputs, result.outputs, sharedMemory);
      const seconds = monotonicSeconds() - started;
      if (result.run === undefined) statistics.addCacheHit(seconds);
      else statistics.addSuccess(seconds, { rows: prepared.rows, queueSeconds: result.queueSeconds, run: result.run });
      return { model: model.name, version: model.version, outputs, statistics };
    } catch (error) {
      const code = error instanceof InferenceError ? error.code : 'INTERNAL';
      statistics.addFailure(monotonicSeconds() - started, code, hasRun);
      throw error;
    } finally {
      model.leave?.();
    }
  }

  #versionsOf(name: string): Model[] {
    return this.options.store.models().filter((model) => model.name === name);
  }

  #find(name: string, version: string): Model {
    const models = this.options.store.models();
    const [only] = models;
    if (models.length === 1 && only?.name === name && (version === '' || version === only.version)) return only;
    const versions = this.#versionsOf(name);
    if (versions.length === 0) throw new InferenceError('NOT_FOUND', `Request for unknown model: '${name}' is not found`);
    const model = selectVersion(versions, version);
    if (model !== undefined) return model;
    const known = versions.map((other) => other.version).sort(compareVersions);
    throw new InferenceError('NOT_FOUND', `Request for unknown model: '${name}' version ${version} is not found. Versions here: ${known.join(', ')}`);
  }
}

/** Nothing ran, and the answer counts like one of zero rows that did. */
function answerWithoutRun(servable: Servable, model: string, { inputs, outputs, options }: PreparedRequest): ItemResult | undefined {
  const { signature, emptyPolicy } = servable;
  const empty = answerEmpty(emptyPolicy, { model, signature, inputs, outputs, hasState: options.sequence !== undefined });
  if (empty === undefined) return undefined;
  return { outputs: empty, queueSeconds: 0, run: { inputSeconds: 0, inferenceSeconds: 0, outputSeconds: 0 } };
}

function submit(servable: Servable, request: InferRequest, prepared: PreparedRequest): Promise<ItemResult> {
  const { inputs, outputs, rows, bytes, options } = prepared;
  const { call, deadlineSeconds } = request;
  const { priority, timeoutSeconds, sequence } = options;
  return new Promise((done) => {
    servable.scheduler.submit({
      inputs,
      outputs,
      rows,
      bytes,
      priority,
      call,
      done,
      timeoutSeconds,
      deadlineSeconds,
      sequence,
    });
  });
}

/** Draining models still answer: endpoints take seconds to forget a pod. */
function requireServable(model: Model): Servable {
  const { servable, state } = model;
  if (servable === undefined || (state !== 'Ready' && state !== 'Draining')) throw newNotReady(model);
  return servable;
}

function toReport({ name, version, state, statistics, servable }: Model): ModelReport {
  const { waiting, depth } = servable?.scheduler ?? { waiting: 0, depth: 0 };
  return { name, version, statistics, waiting, depth, isReady: state === 'Ready' };
}

function newNotReady(model: Model): InferenceError {
  return new InferenceError('UNAVAILABLE', `Model '${model.name}' version ${model.version} is not ready: it is ${model.state}`);
}
