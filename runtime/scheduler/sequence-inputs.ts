/**
 * What the server adds to a request of a sequence before the model can run it: the states of the sequence, and the controls that
 * tell the model where in it the request stands. Clients send neither, so their shapes come from the model and the request.
 */
import type { BatchPlan } from '../core/batch-plan.js';
import { invalidArgument } from '../core/inference-error.js';
import type { ModelSettings, SequenceSettings } from '../core/model-settings.js';
import type { SequencePosition } from '../core/request-options.js';
import type { ModelSignature, TensorSpec } from '../core/signature.js';
import type { Tensor } from '../core/tensor.js';
import type { RunPart } from '../dataplane/ports.js';
import { fillControl } from './control-tensor.js';
import { InitialState } from './initial-state.js';

export interface SequenceModel {
  /** Name of the model, for messages. */
  readonly model: string;
  /** The model's own, as the sessions have it. */
  readonly signature: ModelSignature;
  /** Its axes are those of `signature`. */
  readonly plan: BatchPlan;
  readonly settings: ModelSettings;
  /** Content of each `initialFile`, by its name. */
  readonly initialFiles: ReadonlyMap<string, Uint8Array>;
}

/** The states of a sequence, in the order of its settings. */
export type States = readonly Tensor[];

type Filler = (request: Request) => Tensor | undefined;

interface Request {
  readonly inputs: readonly Tensor[];
  readonly position: SequencePosition;
  readonly rows: number;
  /** Undefined for the first request. */
  readonly states: States | undefined;
}

export class SequenceInputs {
  readonly #fillers: readonly Filler[];
  readonly #initial: readonly InitialState[];

  /** Throws LoadError for an initial state that is not there or not of the state's size. */
  constructor(
    readonly options: SequenceModel,
    sequence: SequenceSettings,
  ) {
    const { signature } = options;
    this.#initial = sequence.states.map((state) => new InitialState(state, this.#specOf(state.inputName), options));
    this.#fillers = signature.inputs.map((spec) => this.#newFiller(spec, sequence));
  }

  /** Rows of a request, by the plan, else by the batch axis that the configuration says there is. */
  rowsOf(item: RunPart): number {
    const { plan, settings } = this.options;
    if (plan.inputAxes.some((axis) => axis !== undefined)) return item.rows;
    return (settings.maxBatchRows ?? 0) > 0 ? (item.inputs[0]?.shape[0] ?? 1) : item.rows;
  }

  /** In the order of the model's signature. Throws InferenceError(INVALID_ARGUMENT). */
  fill(item: RunPart, position: SequencePosition, states: States | undefined): Tensor[] {
    const request: Request = { inputs: item.inputs, position, rows: this.rowsOf(item), states };
    return this.#fillers.flatMap((fill) => fill(request) ?? []);
  }

  /** Bytes that the states of a sequence take which begins with `item`, as far as it is known before the model ran. */
  countInitialBytes(item: RunPart): number {
    const place = { rows: this.rowsOf(item), inputs: item.inputs };
    return this.#initial.reduce((sum, initial) => sum + initial.countBytes(place), 0);
  }

  #newFiller(spec: TensorSpec, { states, controls }: SequenceSettings): Filler {
    const index = states.findIndex((state) => state.inputName === spec.name);
    const initial = this.#initial[index];
    if (initial !== undefined) return (request) => request.states?.[index] ?? initial.make(request);
    const own = controls.filter((control) => control.inputName === spec.name);
    if (own.length === 0) return ({ inputs }) => inputs.find((input) => input.name === spec.name);
    const { model } = this.options;
    const axis = this.options.plan.inputAxes[this.options.signature.inputs.indexOf(spec)];
    return ({ position, rows }) => {
      const shape = spec.shape.map((size, at) => (size >= 0 ? size : at === (axis ?? 0) ? rows : 1));
      const tensor = fillControl(own, { spec, shape, position });
      if (typeof tensor === 'string') throw invalidArgument(`model '${model}': ${tensor}`);
      return tensor;
    };
  }

  #specOf(name: string): TensorSpec {
    const spec = this.options.signature.inputs.find((input) => input.name === name);
    if (spec === undefined) throw new RangeError(`Model "${this.options.model}" has no input "${name}" for a state`);
    return spec;
  }
}
