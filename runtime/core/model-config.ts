/** How a model is served, as Triton's ModelConfig says it (proto/model_config.proto): its names, which REST shares. */
import { DATA_TYPES } from './data-types.js';
import type { Datatype } from './datatype.js';
import { DEFAULT_MODEL_SETTINGS, type DeclaredTensor, type ModelSettings, type VersionPolicy } from './model-settings.js';
import { type DynamicBatchingConfig, type SequenceBatchingConfig, toDynamicBatching, toSequenceBatching } from './scheduling-config.js';
import type { ModelSignature, TensorSpec } from './signature.js';

/** Triton's names for this kind of model and for what runs it, which its clients know. */
export const PLATFORM = 'onnxruntime_onnx';
const BACKEND = 'onnxruntime';

export interface ConfiguredModel {
  readonly name: string;
  /** Of the file that was loaded, without its folder. */
  readonly filename: string;
  /** Execution provider, as ONNX Runtime names it. */
  readonly provider: string;
  /** As clients see it. */
  readonly signature: ModelSignature;
  /** Absent: the defaults. */
  readonly settings?: ModelSettings;
  /** Loaded copies. Absent: 1. */
  readonly instances?: number;
  /** Rows that one run holds at most, where the server found that out. Absent: as configured, else 0. */
  readonly maxBatchRows?: number;
}

export interface TensorConfig {
  readonly name: string;
  readonly data_type: (typeof DATA_TYPES)[Datatype];
  readonly dims: number[];
  readonly reshape?: { readonly shape: number[] };
  readonly optional?: boolean;
  readonly label_filename?: string;
}

export interface ModelConfig {
  readonly name: string;
  readonly platform: string;
  readonly backend: string;
  readonly version_policy: VersionPolicyConfig;
  /** 0: requests are not batched together. The dims then hold the batch axis, as the metadata's shapes do. */
  readonly max_batch_size: number;
  readonly input: TensorConfig[];
  readonly output: TensorConfig[];
  readonly instance_group: { readonly name: string; readonly count: number; readonly kind: 'KIND_CPU' | 'KIND_GPU'; readonly gpus: number[] }[];
  readonly default_model_filename: string;
  readonly dynamic_batching?: DynamicBatchingConfig;
  readonly sequence_batching?: SequenceBatchingConfig;
  readonly parameters?: Record<string, { readonly string_value: string }>;
  readonly response_cache?: { readonly enable: boolean };
}

export type VersionPolicyConfig =
  | { readonly all: Record<string, never> }
  | { readonly latest: { readonly num_versions: number } }
  | { readonly specific: { readonly versions: number[] } };

export function computeModelConfig(model: ConfiguredModel): ModelConfig {
  const { name, filename, provider, signature, settings = DEFAULT_MODEL_SETTINGS, instances = 1 } = model;
  const device = provider === 'cpu' ? { kind: 'KIND_CPU' as const, gpus: [] } : { kind: 'KIND_GPU' as const, gpus: [0] };
  const maxBatchRows = model.maxBatchRows ?? settings.maxBatchRows ?? 0;
  return {
    name,
    platform: PLATFORM,
    backend: BACKEND,
    version_policy: toVersionPolicy(settings.versionPolicy),
    max_batch_size: maxBatchRows,
    input: signature.inputs.map((spec) => toConfig(spec, { declared: settings.inputs, maxBatchRows })),
    output: signature.outputs.map((spec) => ({
      ...toConfig(spec, { declared: settings.outputs, maxBatchRows }),
      ...toLabels(settings.labelFiles.get(spec.name)),
    })),
    instance_group: [{ name: `${name}_0`, count: instances, ...device }],
    default_model_filename: filename,
    ...(maxBatchRows > 0 && settings.sequence === undefined ? { dynamic_batching: toDynamicBatching(settings) } : {}),
    ...(settings.sequence === undefined ? {} : { sequence_batching: toSequenceBatching(settings.sequence) }),
    ...(settings.parameters.size === 0 ? {} : { parameters: toParameters(settings.parameters) }),
    ...(settings.responseCache ? { response_cache: { enable: true } } : {}),
  };
}

/** Dims of Triton leave the batch axis out where the model batches. */
function toConfig(spec: TensorSpec, how: { readonly declared: readonly DeclaredTensor[]; readonly maxBatchRows: number }): TensorConfig {
  const { reshape } = how.declared.find((tensor) => tensor.name === spec.name) ?? {};
  const dims = how.maxBatchRows > 0 && spec.shape[0] === -1 ? spec.shape.slice(1) : [...spec.shape];
  return {
    name: spec.name,
    data_type: DATA_TYPES[spec.datatype],
    dims,
    ...(reshape === undefined ? {} : { reshape: { shape: [...reshape] } }),
    ...(spec.default === undefined ? {} : { optional: true }),
  };
}

function toLabels(file: string | undefined): Pick<TensorConfig, 'label_filename'> {
  return file === undefined ? {} : { label_filename: file };
}

function toVersionPolicy(policy: VersionPolicy): VersionPolicyConfig {
  switch (policy.kind) {
    case 'All':
      return { all: {} };
    case 'Latest':
      return { latest: { num_versions: policy.count } };
    case 'Specific':
      return { specific: { versions: policy.versions.map(Number) } };
  }
}

function toParameters(parameters: ReadonlyMap<string, string>): Record<string, { readonly string_value: string }> {
  return Object.fromEntries([...parameters].map(([key, value]) => [key, { string_value: value }]));
}
