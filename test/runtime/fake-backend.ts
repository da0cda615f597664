/** A backend without ONNX Runtime: echoes its inputs as outputs, when and as the test says. */

import type { BatchPlan } from '../../runtime/core/batch-plan.js';
import { DEFAULT_MODEL_SETTINGS, type ModelSettings } from '../../runtime/core/model-settings.js';
import type { ModelSignature } from '../../runtime/core/signature.js';
import type { Tensor } from '../../runtime/core/tensor.js';
import { InferenceStatistics } from '../../runtime/dataplane/inference-statistics.js';
import type { Backend, LoadOptions, Model, RunBatch, RunOutcome, Servable, Session } from '../../runtime/dataplane/ports.js';
import { newModelScheduler } from '../../runtime/scheduler/new-model-scheduler.js';

export class FakeSession implements Session {
  readonly provider = 'fake';
  readonly depth = 1;
  readonly runs: (readonly Tensor[])[] = [];
  isClosed = false;
  trims = 0;
  /** Thrown by the next run. */
  nextError: Error | undefined;
  /** Runs wait for this. */
  gate: Promise<void> = Promise.resolve();

  constructor(readonly signature: ModelSignature) {}

  async run({ parts, outputs }: RunBatch): Promise<RunOutcome> {
    const inputs = parts[0]?.inputs ?? [];
    this.runs.push(inputs);
    const error = this.nextError;
    this.nextError = undefined;
    await this.gate;
    if (error !== undefined) throw error;
    const seconds = { inputSeconds: 0.125, inferenceSeconds: 0.25, outputSeconds: 0.0625 };
    return { ...seconds, outputs: inputs.map((input, index) => ({ ...input, name: outputs[index] ?? input.name })) };
  }

  trim(): void {
    this.trims += 1;
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

export class FakeBackend implements Backend {
  readonly version = '0.0.0';
  readonly loads: LoadOptions[] = [];
  /** Rejects the next load. */
  nextError: Error | undefined;
  crash: (error: Error) => void = () => undefined;

  constructor(readonly session: FakeSession) {}

  async load(_path: string, options: LoadOptions, onCrash: (error: Error) => void): Promise<Session> {
    this.loads.push(options);
    this.crash = onCrash;
    if (this.nextError !== undefined) throw this.nextError;
    return this.session;
  }
}

/** One input `x` and one output `y` of [-1, 2] FP32. */
export const ECHO_SIGNATURE: ModelSignature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2], symbols: ['n', ''] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2], symbols: ['n', ''] }],
};

/** Rows on axis 0, as one instance computes them. */
export const ECHO_PLAN: BatchPlan = { maxRows: 1, targetRows: 1, maxDelaySeconds: 0, inputAxes: [0], outputAxes: [0], why: 'a test' };

/** Version 1 of `echo`, ready; without a session nothing is loaded. */
export function makeEchoModel(session: Session | undefined, changes: Partial<Model> = {}, settings: Partial<ModelSettings> = {}): Model {
  const statistics = new InferenceStatistics();
  const servable: Servable | undefined =
    session === undefined
      ? undefined
      : {
          signature: session.signature,
          provider: session.provider,
          settings: { ...DEFAULT_MODEL_SETTINGS, ...settings },
          plan: ECHO_PLAN,
          emptyPolicy: { risk: undefined },
          instances: 1,
          scheduler: newModelScheduler({
            model: 'echo',
            sessions: [session],
            plan: ECHO_PLAN,
            settings: { ...DEFAULT_MODEL_SETTINGS, ...settings },
            statistics,
            nowSeconds: () => 0,
            nowMs: () => 5000,
          }),
        };
  return { name: 'echo', version: '1', state: 'Ready', reason: '', filename: 'model.onnx', statistics, servable, ...changes };
}
