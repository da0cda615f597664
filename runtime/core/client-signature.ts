/**
 * What clients see of a model whose state the server keeps. They send neither states nor controls, and a state comes back
 * only where the configuration lists it among its outputs, as Triton has it.
 */
import type { BatchPlan } from './batch-plan.js';
import type { ModelSettings } from './model-settings.js';
import type { ModelSignature } from './signature.js';

export interface ClientView {
  readonly signature: ModelSignature;
  /** Its axes are those of `signature`. */
  readonly plan: BatchPlan;
}

/** `signature` and `plan` are the model's own; without `settings.sequence` they are what clients see. */
export function computeClientView(signature: ModelSignature, plan: BatchPlan, settings: ModelSettings): ClientView {
  const { sequence } = settings;
  if (sequence === undefined) return { signature, plan };
  const filled = new Set([...sequence.states, ...sequence.controls].map(({ inputName }) => inputName));
  const declared = new Set(settings.outputs.map(({ name }) => name));
  const kept = new Set(sequence.states.map(({ outputName }) => outputName).filter((name) => !declared.has(name)));
  const inputs = keepOf(signature.inputs, filled);
  const outputs = keepOf(signature.outputs, kept);
  const { mask } = plan;
  return {
    signature: {
      inputs: inputs.map((index) => signature.inputs[index]).filter(isPresent),
      outputs: outputs.map((index) => signature.outputs[index]).filter(isPresent),
    },
    plan: {
      ...plan,
      inputAxes: inputs.map((index) => plan.inputAxes[index]),
      outputAxes: outputs.map((index) => plan.outputAxes[index]),
      ...(mask === undefined ? {} : { mask: { ...mask, outputAxes: outputs.map((index) => mask.outputAxes[index]) } }),
    },
  };
}

export function computeClientSignature(signature: ModelSignature, settings: ModelSettings): ModelSignature {
  return computeClientView(signature, NO_AXES, settings).signature;
}

const NO_AXES: BatchPlan = { maxRows: 1, targetRows: 1, maxDelaySeconds: 0, inputAxes: [], outputAxes: [], why: '' };

function keepOf(specs: readonly { readonly name: string }[], without: ReadonlySet<string>): number[] {
  return specs.flatMap(({ name }, index) => (without.has(name) ? [] : [index]));
}

function isPresent<T>(value: T | undefined): value is T {
  return value !== undefined;
}
