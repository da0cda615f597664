/** One model through its life: Loading → Warming → Ready → Draining → Unloaded, or Failed. */
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import type { FetchRecord, ModelStatusz, ServingStatusz, TensorSignature } from '../../contract/statusz.js';
import { DEFAULT_MODEL_SETTINGS, type ModelSettings } from '../core/model-settings.js';
import type { ModelState } from '../core/readiness.js';
import { EMPTY_SIGNATURE, type ModelSignature, type TensorSpec } from '../core/signature.js';
import { InferenceStatistics } from '../dataplane/inference-statistics.js';
import type { Backend, Model, Servable, SessionEvent } from '../dataplane/ports.js';
import { readFetchRecord } from './fetch-record.js';
import { InFlight } from './in-flight.js';
import type { LocatedModel } from './located-model.js';
import type { HostResources } from './plan-load.js';
import { type PreparedModel, prepareServable } from './prepare-servable.js';

export interface ModelStart {
  readonly backend: Backend;
  readonly host: HostResources;
  /** Called at every change of state. */
  readonly onChange: () => void;
  readonly onCrash: (error: Error) => void;
  readonly onSession: (event: SessionEvent) => void;
}

export class ServedModel implements Model {
  state: ModelState = 'Loading';
  reason = 'ONNX Runtime loads the model';
  /** Present while it is loaded. */
  prepared: PreparedModel | undefined;
  readonly statistics = new InferenceStatistics();
  #record: FetchRecord | undefined;
  isRejected = false;
  /** Of the files that it was loaded from; empty until they were looked at. */
  stamp = '';
  /** Called once it is retired: what only this model needed can go. */
  onRetired: () => void = () => undefined;
  readonly #requests = new InFlight();

  constructor(
    readonly located: LocatedModel,
    readonly monotonicSeconds: () => number,
    readonly settings: ModelSettings = DEFAULT_MODEL_SETTINGS,
  ) {}

  enter(): void {
    this.#requests.enter();
  }

  leave(): void {
    this.#requests.leave();
  }

  /**
   * Resolves when no request holds this model any more, and its memory is free. `patience` ends the wait for requests;
   * `onDropped` hears how many sequences had not ended.
   */
  async retire(patience: Promise<void>, onDropped: (sequences: number) => void = () => undefined): Promise<void> {
    await Promise.race([this.#requests.ended(), patience]);
    const sequences = this.prepared?.decorated.countSequences() ?? 0;
    if (sequences > 0) onDropped(sequences);
    await this.#closeSessions();
    this.onRetired();
  }

  get name(): string {
    return this.located.name;
  }

  get version(): string {
    return this.located.version;
  }

  get filename(): string {
    return basename(this.located.path);
  }

  get signature(): ModelSignature {
    return this.servable?.signature ?? EMPTY_SIGNATURE;
  }

  get servable(): Servable | undefined {
    return this.prepared?.servable;
  }

  /** Loads, warms and proves. Rejects with LoadError. */
  async start({ onChange, ...parts }: ModelStart): Promise<void> {
    try {
      this.#record = readFetchRecord(this.located.recordPath);
      const { name, located, settings, statistics, monotonicSeconds } = this;
      const onLoaded = (): void => this.move('Warming', 'the first runs prepare the model', onChange);
      this.prepared = await prepareServable({ name, located, settings, statistics, monotonicSeconds, onLoaded, ...parts });
      this.move('Ready', '', onChange);
    } catch (error) {
      await this.#closeSessions();
      this.move('Failed', error instanceof Error ? error.message : String(error), onChange);
      throw error;
    }
  }

  move(state: ModelState, reason: string, onChange: () => void): void {
    this.state = state;
    this.reason = reason;
    if (state === 'Draining') this.prepared?.decorated.drain();
    onChange();
  }

  async #closeSessions(): Promise<void> {
    const sessions = this.prepared?.sessions ?? [];
    this.prepared?.decorated.close();
    this.prepared = undefined;
    await Promise.all(sessions.map((session) => session.close()));
  }

  /** Undefined once unloaded: there is nothing to tell of it. */
  statusz(): ModelStatusz | undefined {
    if (this.state === 'Unloaded') return undefined;
    const record = this.#record;
    const { inputs, outputs } = this.signature;
    const provenance =
      record === undefined
        ? { bytes: this.#sizeOfFile() }
        : { digest: record.digest, contentDigest: record.contentDigest, bytes: record.bytes, verifiedAt: record.verifiedAt };
    return {
      name: this.name,
      version: this.version,
      state: this.state,
      reason: this.reason,
      format: 'onnx',
      ...provenance,
      signature: { inputs: inputs.map(toSignature), outputs: outputs.map(toSignature) },
      provider: this.servable?.provider ?? '',
      seconds: {
        ...(record === undefined ? {} : { download: record.downloadSeconds }),
        load: roundMs(this.prepared?.loadSeconds ?? 0),
        warmup: roundMs(this.prepared?.warmupSeconds ?? 0),
      },
      ...(this.prepared === undefined ? {} : { serving: describeServing(this.prepared) }),
    };
  }

  #sizeOfFile(): number {
    return statSync(this.located.path, { throwIfNoEntry: false })?.size ?? 0;
  }
}

function describeServing({ servable, mode, modeWhy, threads }: PreparedModel): ServingStatusz {
  const { maxRows, targetRows, why } = servable.plan;
  return { instances: servable.instances, mode, ...(modeWhy === undefined ? {} : { modeWhy }), threads, maxRows, targetRows, why };
}

function toSignature(spec: TensorSpec): TensorSignature {
  return { name: spec.name, datatype: spec.datatype, shape: spec.shape };
}

function roundMs(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
