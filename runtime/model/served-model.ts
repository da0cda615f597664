/** One model through its life: Loading → Warming → Ready → Draining → Unloaded, or Failed. */
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import type { FetchRecord, ModelStatusz, TensorSignature } from '../../contract/statusz.js';
import { newUnbatchedPlan } from '../core/batch-plan.js';
import { findMismatch } from '../core/check-settings.js';
import { LoadError } from '../core/load-error.js';
import { DEFAULT_MODEL_SETTINGS, type ModelSettings } from '../core/model-settings.js';
import type { ModelState } from '../core/readiness.js';
import { EMPTY_SIGNATURE, type ModelSignature, type TensorSpec } from '../core/signature.js';
import { planWarmup } from '../core/warmup-plan.js';
import { InferenceStatistics } from '../dataplane/inference-statistics.js';
import type { Backend, LoadOptions, Model, Servable, Session } from '../dataplane/ports.js';
import { newModelScheduler } from '../scheduler/new-model-scheduler.js';
import { readFetchRecord } from './fetch-record.js';
import { InFlight } from './in-flight.js';
import { applyToLoad } from './load-options.js';
import type { LocatedModel } from './located-model.js';
import { reshapeSession } from './reshaped-session.js';
import { runWarmupSamples } from './run-warmup-samples.js';

export class ServedModel implements Model {
  state: ModelState = 'Loading';
  reason = 'ONNX Runtime loads the model';
  session: Session | undefined;
  servable: Servable | undefined;
  readonly statistics = new InferenceStatistics();
  /** Why the warm-up tells little; undefined when it ran. */
  warmupNote: string | undefined;
  #loadSeconds = 0;
  #warmupSeconds = 0;
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

  /** Resolves when no request holds this model any more, and its memory is free. `patience` ends the wait for requests. */
  async retire(patience: Promise<void>): Promise<void> {
    await Promise.race([this.#requests.ended(), patience]);
    await this.#closeSession();
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
    return this.session?.signature ?? EMPTY_SIGNATURE;
  }

  /** Loads and warms. Rejects with LoadError. `onChange` is called at every change of state. */
  async start(backend: Backend, options: LoadOptions, onChange: () => void, onCrash: (error: Error) => void): Promise<void> {
    try {
      this.#record = readFetchRecord(this.located.recordPath);
      const started = this.monotonicSeconds();
      const loaded = await backend.load(this.located.path, applyToLoad(this.settings, options), onCrash);
      this.session = loaded;
      this.#loadSeconds = this.monotonicSeconds() - started;
      const mismatch = findMismatch(loaded.signature, this.settings);
      if (mismatch !== undefined) throw new LoadError('MODEL_INVALID', 'load', mismatch);
      const session = reshapeSession(loaded, this.settings);
      this.session = session;
      this.servable = this.#serve(session);
      this.move('Warming', 'the first run prepares the model', onChange);
      if (this.settings.warmup.length > 0) this.#warmupSeconds = await runWarmupSamples(session, this);
      else await this.#warm(session);
      this.move('Ready', '', onChange);
    } catch (error) {
      await this.#closeSession();
      this.move('Failed', error instanceof Error ? error.message : String(error), onChange);
      throw error;
    }
  }

  #serve(session: Session): Servable {
    const { signature, provider } = session;
    const plan = newUnbatchedPlan('requests are not batched');
    const scheduler = newModelScheduler({
      model: this.name,
      sessions: [session],
      plan,
      settings: this.settings,
      statistics: this.statistics,
      nowSeconds: this.monotonicSeconds,
      nowMs: Date.now,
    });
    return { signature, provider, settings: this.settings, plan, instances: 1, scheduler };
  }

  move(state: ModelState, reason: string, onChange: () => void): void {
    this.state = state;
    this.reason = reason;
    onChange();
  }

  async #closeSession(): Promise<void> {
    const session = this.session;
    this.session = undefined;
    this.servable = undefined;
    await session?.close();
  }

  async #warm(session: Session): Promise<void> {
    const plan = planWarmup(session.signature);
    const outputs = session.signature.outputs.map((output) => output.name);
    const started = this.monotonicSeconds();
    let failure = 'its inputs are too large for one';
    for (const inputs of plan.candidates) {
      const error = await session.run({ parts: [{ inputs, rows: 1 }], outputs }).then(
        () => undefined,
        (cause: Error) => cause,
      );
      this.#warmupSeconds = this.monotonicSeconds() - started;
      if (error === undefined) return;
      failure = error.message;
    }
    if (plan.isExact && plan.candidates.length > 0)
      throw new LoadError('WARMUP_FAILED', 'warmup', `The model loaded, but its first run failed: ${failure}`);
    this.warmupNote = `No warm-up ran, because no guess at the free dimensions suits the model: ${failure}`;
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
      provider: this.session?.provider ?? '',
      seconds: {
        ...(record === undefined ? {} : { download: record.downloadSeconds }),
        load: roundMs(this.#loadSeconds),
        warmup: roundMs(this.#warmupSeconds),
      },
    };
  }

  #sizeOfFile(): number {
    return statSync(this.located.path, { throwIfNoEntry: false })?.size ?? 0;
  }
}

function toSignature(spec: TensorSpec): TensorSignature {
  return { name: spec.name, datatype: spec.datatype, shape: spec.shape };
}

function roundMs(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
