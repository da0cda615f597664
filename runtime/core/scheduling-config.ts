/** How a model's requests are scheduled, in the fields of Triton's ModelConfig. */
import { DATA_TYPES } from './data-types.js';
import type { ModelSettings, QueuePolicy, SequenceControl, SequenceSettings, TimeoutAction } from './model-settings.js';

export interface QueuePolicyConfig {
  readonly timeout_action: TimeoutAction;
  readonly default_timeout_microseconds: number;
  readonly allow_timeout_override: boolean;
  readonly max_queue_size: number;
}

export interface DynamicBatchingConfig {
  readonly preferred_batch_size: number[];
  readonly max_queue_delay_microseconds: number;
  readonly preserve_ordering: boolean;
  readonly priority_levels: number;
  readonly default_priority_level: number;
  readonly default_queue_policy: QueuePolicyConfig;
  readonly priority_queue_policy: Record<string, QueuePolicyConfig>;
}

type DataType = (typeof DATA_TYPES)[keyof typeof DATA_TYPES];

export interface ControlConfig {
  readonly kind: `CONTROL_SEQUENCE_${SequenceControl['kind']}`;
  readonly data_type?: DataType;
  readonly int32_false_true?: number[];
  readonly fp32_false_true?: number[];
  readonly bool_false_true?: boolean[];
}

export interface SequenceBatchingConfig {
  readonly max_sequence_idle_microseconds: number;
  readonly control_input: { readonly name: string; readonly control: ControlConfig[] }[];
  readonly state: { readonly input_name: string; readonly output_name: string; readonly data_type: DataType; readonly dims: number[] }[];
  readonly oldest?: { readonly max_candidate_sequences: number };
}

export function toDynamicBatching(settings: ModelSettings): DynamicBatchingConfig {
  return {
    preferred_batch_size: [...settings.preferredRows],
    max_queue_delay_microseconds: toMicroseconds(settings.maxDelaySeconds),
    preserve_ordering: settings.preserveOrdering,
    priority_levels: settings.priorityLevels,
    default_priority_level: settings.defaultPriority,
    default_queue_policy: toQueuePolicy(settings.queuePolicy),
    priority_queue_policy: Object.fromEntries([...settings.priorityPolicies].map(([level, policy]) => [String(level), toQueuePolicy(policy)])),
  };
}

export function toSequenceBatching(sequence: SequenceSettings): SequenceBatchingConfig {
  const names = [...new Set(sequence.controls.map((control) => control.inputName))];
  return {
    max_sequence_idle_microseconds: toMicroseconds(sequence.maxIdleSeconds),
    control_input: names.map((name) => ({ name, control: sequence.controls.filter((control) => control.inputName === name).map(toControl) })),
    state: sequence.states.map((state) => ({
      input_name: state.inputName,
      output_name: state.outputName,
      data_type: DATA_TYPES[state.datatype],
      dims: [...state.dims],
    })),
    ...(sequence.strategy === 'Oldest' ? { oldest: { max_candidate_sequences: sequence.maxSequences } } : {}),
  };
}

/** 0: none, in both fields. */
function toQueuePolicy(policy: QueuePolicy): QueuePolicyConfig {
  return {
    timeout_action: policy.timeoutAction,
    default_timeout_microseconds: toMicroseconds(policy.timeoutSeconds ?? 0),
    allow_timeout_override: policy.allowTimeoutOverride,
    max_queue_size: policy.maxRows ?? 0,
  };
}

function toControl({ kind, datatype, falseTrue }: SequenceControl): ControlConfig {
  const name = `CONTROL_SEQUENCE_${kind}` as const;
  if (falseTrue === undefined) return { kind: name, data_type: DATA_TYPES[datatype] };
  if (datatype === 'BOOL') return { kind: name, bool_false_true: falseTrue.map(Boolean) };
  return datatype === 'FP32' ? { kind: name, fp32_false_true: [...falseTrue] } : { kind: name, int32_false_true: [...falseTrue] };
}

function toMicroseconds(seconds: number): number {
  return Math.round(seconds * 1e6);
}
