/**
 * The models of this process. A new version takes the place of an old one only when it is loaded, warmed and proven; until
 * then, and if it fails, the old one serves on. Loads and unloads run one after the other.
 */
import { isDeepStrictEqual } from 'node:util';
import type { ModelStatusz } from '../../contract/statusz.js';
import { SYSTEM_CLOCK } from '../../lib/clock.js';
import { toError } from '../../lib/errors.js';
import { InferenceError } from '../core/inference-error.js';
import { LoadError } from '../core/load-error.js';
import type { Backend, LoadParameters, Model, ModelStore, SessionEvent } from '../dataplane/ports.js';
import { stampFiles } from './file-stamp.js';
import { writeInlineRepository } from './inline-repository.js';
import { readLoadRequest } from './load-request.js';
import type { FoundModel } from './model-folder.js';
import type { HostResources } from './plan-load.js';
import { isModelName, type Repository } from './repository.js';
import { SerialQueue } from './serial-queue.js';
import { ServedModel } from './served-model.js';

export interface StoreOptions {
  readonly backend: Backend;
  readonly repository: Repository;
  /** Seconds that only grow. */
  readonly monotonicSeconds: () => number;
  /** Whether a start without any model that loads goes on: somebody can mend it while the server runs. */
  readonly canBeMended?: boolean;
  readonly allowsInlineModels?: boolean;
  /** Time for requests in flight to leave a model that goes. */
  readonly unloadTimeoutSeconds?: number;
  /** Hears each sentence about configured fields that do nothing. */
  readonly onWarning?: (model: string, warning: string) => void;
  /** Hears what was found out about a model whenever one is loaded. */
  readonly onNote?: (model: Model, note: string) => void;
  /** Hears of sequences that had not ended when their model went. */
  readonly onDropped?: (model: Model, sequences: number) => void;
  /** Hears when a session of a process of its own ends and starts again. */
  readonly onSession?: (model: Model, event: SessionEvent) => void;
}

/** Loads and unloads that may wait. */
const MAX_WAITING = 64;
const DEFAULT_UNLOAD_TIMEOUT_SECONDS = 30;

interface Start {
  readonly host: HostResources;
  readonly onCrash: (error: Error) => void;
}

export class LocalModelStore implements ModelStore {
  isDraining = false;
  #models: readonly ServedModel[];
  readonly #unreadable = new Map<ServedModel, LoadError>();
  readonly #listeners = new Set<() => void>();
  readonly #queue = new SerialQueue(MAX_WAITING);
  readonly #retiring = new Set<Promise<void>>();
  #start: Start | undefined;

  constructor(readonly options: StoreOptions) {
    this.#models = options.repository.names().flatMap((name) => this.#readAtStart(name));
  }

  get backend(): Backend {
    return this.options.backend;
  }

  models(): readonly ServedModel[] {
    return this.#models;
  }

  /** Called after every change of a model's state. Returns the way to stop. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Resolves when every model was tried, or when a drain has begun: no further load begins then. A model that fails is Failed
   * and the others serve; rejects with the first LoadError when none is left and nobody can mend it.
   */
  async start(host: HostResources, onCrash: (error: Error) => void): Promise<void> {
    this.#start = { host, onCrash };
    await this.#enqueue(async () => {
      const models = this.#models;
      const failures = await this.#loadEach(models);
      const [first] = failures;
      if (first !== undefined && failures.length === models.length && this.options.canBeMended !== true) throw first;
    });
  }

  async load(name: string, parameters: LoadParameters = new Map()): Promise<void> {
    const request = readLoadRequest(name, parameters, this.options.allowsInlineModels === true);
    await this.#enqueue(async () => {
      if (this.isDraining) throw new InferenceError('UNAVAILABLE', `failed to load '${name}': the server is shutting down`);
      if (request.files.size === 0)
        return await this.#replace(name, this.#find(this.options.repository, name, request.override), this.options.repository);
      if (!isModelName(name)) throw new InferenceError('INVALID_ARGUMENT', `failed to load '${name}': this is no model name`);
      const { repository, remove } = writeInlineRepository(name, request.files);
      try {
        await this.#replace(name, this.#find(repository, name, request.override), repository);
      } catch (error) {
        remove();
        throw error;
      }
      for (const model of this.#models) if (model.located.path.startsWith(repository.options.path)) model.onRetired = remove;
    });
  }

  async unload(name: string): Promise<void> {
    await this.#enqueue(async () => {
      const models = this.#models.filter((model) => model.name === name);
      if (models.length === 0) throw new InferenceError('NOT_FOUND', `failed to unload '${name}': there is no model of that name`);
      this.#models = this.#models.filter((model) => model.name !== name || !model.isRejected);
      for (const model of models) model.move('Unloaded', 'unloaded', this.#notify);
      await Promise.all(models.map((model) => this.#retire(model)));
    });
  }

  /** Unloads it, and forgets that it was: its folder has gone. */
  async remove(name: string): Promise<void> {
    await this.unload(name);
    this.#models = this.#models.filter((model) => model.name !== name || model.state !== 'Unloaded');
    this.#notify();
  }

  /** From now on nothing is ready; what is Ready goes on answering. */
  drain(): void {
    this.isDraining = true;
    for (const model of this.#models) {
      if (model.state === 'Ready') model.move('Draining', 'the server is shutting down', this.#notify);
    }
    this.#notify();
  }

  /** Resolves when nothing is being loaded or unloaded. */
  async idle(): Promise<void> {
    await this.#queue.idle();
  }

  async close(): Promise<void> {
    await Promise.all(this.#models.map((model) => model.retire(Promise.resolve(), (count) => this.options.onDropped?.(model, count))));
    await Promise.allSettled(this.#retiring);
  }

  statusz(): ModelStatusz[] {
    return this.#models.map((model) => model.statusz()).filter((model) => model !== undefined);
  }

  /** A folder that cannot be read is a model that failed, not a server that cannot start. */
  #readAtStart(name: string): ServedModel[] {
    const { repository, monotonicSeconds } = this.options;
    try {
      return this.#make(repository.read(name));
    } catch (cause) {
      const model = new ServedModel({ name, version: repository.latestVersion(name), path: '', recordPath: '' }, monotonicSeconds);
      this.#unreadable.set(model, new LoadError('MODEL_INVALID', 'load', `Model "${name}": ${toError(cause).message}`, { cause }));
      return [model];
    }
  }

  #make({ name, versions, settings, warnings }: FoundModel): ServedModel[] {
    for (const warning of warnings) this.options.onWarning?.(name, warning);
    return versions.map((located) => new ServedModel(located, this.options.monotonicSeconds, settings));
  }

  #find(repository: Repository, name: string, override: Parameters<Repository['read']>[1]): FoundModel {
    if (!isModelName(name) || !repository.names().includes(name))
      throw new InferenceError('NOT_FOUND', `failed to load '${name}': the repository has no such model`);
    try {
      return repository.read(name, override);
    } catch (cause) {
      throw new InferenceError('INVALID_ARGUMENT', `failed to load '${name}': ${toError(cause).message}${this.#describeOld(name)}`, { cause });
    }
  }

  async #replace(name: string, found: FoundModel, repository: Repository): Promise<void> {
    const old = this.#models.filter((model) => model.name === name);
    const serving = old.filter((model) => model.state === 'Ready');
    const fresh = await Promise.all(this.#make(found).map((model) => this.#reuse(model, serving, repository)));
    // The first load is told while it goes on; a later one only when it is proven.
    if (serving.length === 0) this.#exchange(name, fresh);
    const made = fresh.filter((model) => !serving.includes(model));
    const [failure] = await this.#loadEach(made);
    if (failure === undefined) {
      this.#exchange(name, fresh);
      for (const model of old) if (!fresh.includes(model)) void this.#retire(model);
      return;
    }
    if (serving.length > 0) this.#reject(name, made);
    throw new InferenceError('INVALID_ARGUMENT', `failed to load '${name}': ${failure.message}${this.#describeOld(name)}`, { cause: failure });
  }

  /** The one that serves already, when neither its files nor its settings changed. */
  async #reuse(model: ServedModel, serving: readonly ServedModel[], repository: Repository): Promise<ServedModel> {
    model.stamp = await stampFiles(repository.filesOfVersion(model.located));
    const isSame = (other: ServedModel) => other.stamp === model.stamp && isDeepStrictEqual(other.settings, model.settings);
    return serving.find((other) => other.version === model.version && isSame(other)) ?? model;
  }

  /** What was tried is taken down. A version that nobody served before stays visible with its reason. */
  #reject(name: string, made: readonly ServedModel[]): void {
    const kept = this.#models.filter((model) => model.name !== name || !model.isRejected);
    const served = new Set(kept.filter((model) => model.name === name).map((model) => model.version));
    const rejected = made.filter((model) => model.state === 'Failed' && !served.has(model.version));
    for (const model of rejected) model.isRejected = true;
    this.#models = [...kept, ...rejected];
    for (const model of made) void this.#retire(model);
    this.#notify();
  }

  /** The failures, in order. */
  async #loadEach(models: readonly ServedModel[]): Promise<Error[]> {
    const failures: Error[] = [];
    for (const model of models) {
      if (this.isDraining) return failures;
      const failure = await this.#loadOne(model);
      if (failure !== undefined) failures.push(failure);
    }
    return failures;
  }

  async #loadOne(model: ServedModel): Promise<Error | undefined> {
    const { host, onCrash } = this.#start ?? { host: { cpus: 1 }, onCrash: () => undefined };
    const unreadable = this.#unreadable.get(model);
    if (unreadable !== undefined) {
      model.move('Failed', unreadable.message, this.#notify);
      return unreadable;
    }
    try {
      if (model.stamp === '') model.stamp = await stampFiles(this.options.repository.filesOfVersion(model.located));
      await model.start({
        backend: this.backend,
        host,
        onChange: this.#notify,
        onCrash: (error) => {
          if (!this.#models.includes(model)) return; // it was going anyway
          model.move('Failed', error.message, this.#notify);
          onCrash(error);
        },
        onSession: (event) => this.options.onSession?.(model, event),
      });
      for (const note of model.prepared?.notes ?? []) this.options.onNote?.(model, note);
      return undefined;
    } catch (error) {
      return toError(error);
    }
  }

  #exchange(name: string, fresh: readonly ServedModel[]): void {
    this.#models = [...this.#models.filter((model) => model.name !== name), ...fresh];
    this.#notify();
  }

  /** Frees a model once its requests have ended. */
  #retire(model: ServedModel): Promise<void> {
    const ended = new AbortController();
    const seconds = this.options.unloadTimeoutSeconds ?? DEFAULT_UNLOAD_TIMEOUT_SECONDS;
    const onDropped = (count: number): void => this.options.onDropped?.(model, count);
    const retired = model.retire(SYSTEM_CLOCK.sleep(seconds * 1000, ended.signal), onDropped).finally(() => {
      ended.abort();
      this.#retiring.delete(retired);
    });
    this.#retiring.add(retired);
    return retired;
  }

  #describeOld(name: string): string {
    const versions = this.#models.filter((model) => model.name === name && model.state === 'Ready').map((model) => model.version);
    return versions.length === 0 ? '' : `; what served before serves on: version ${versions.join(', ')}`;
  }

  #enqueue<Result>(run: () => Promise<Result>): Promise<Result> {
    const result = this.#queue.add(run);
    if (result === undefined) throw new InferenceError('RESOURCE_EXHAUSTED', `${MAX_WAITING} loads and unloads wait already: try again later`);
    return result;
  }

  readonly #notify = (): void => {
    for (const listener of this.#listeners) listener();
  };
}
