/** How a model is served, as Triton's ModelConfig says it (proto/model_config.proto): its names, which REST shares. */
import type { Datatype } from './datatype.js';
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
  readonly signature: ModelSignature;
}

export interface TensorConfig {
  readonly name: string;
  readonly data_type: (typeof DATA_TYPES)[Datatype];
  readonly dims: number[];
}

export interface ModelConfig {
  readonly name: string;
  readonly platform: string;
  readonly backend: string;
  /** Every version that was found is served. */
  readonly version_policy: { readonly all: Record<string, never> };
  /** 0: requests are not batched together. The dims then hold the batch axis, as the metadata's shapes do. */
  readonly max_batch_size: number;
  readonly input: TensorConfig[];
  readonly output: TensorConfig[];
  readonly instance_group: { readonly name: string; readonly count: number; readonly kind: 'KIND_CPU' | 'KIND_GPU'; readonly gpus: number[] }[];
  readonly default_model_filename: string;
}

/** Triton's names of the datatypes. */
export const DATA_TYPES = {
  BOOL: 'TYPE_BOOL',
  UINT8: 'TYPE_UINT8',
  UINT16: 'TYPE_UINT16',
  UINT32: 'TYPE_UINT32',
  UINT64: 'TYPE_UINT64',
  INT8: 'TYPE_INT8',
  INT16: 'TYPE_INT16',
  INT32: 'TYPE_INT32',
  INT64: 'TYPE_INT64',
  FP16: 'TYPE_FP16',
  FP32: 'TYPE_FP32',
  FP64: 'TYPE_FP64',
  BYTES: 'TYPE_STRING',
} as const satisfies Record<Datatype, string>;

export function computeModelConfig(model: ConfiguredModel): ModelConfig {
  const { name, filename, provider, signature } = model;
  const device = provider === 'cpu' ? { kind: 'KIND_CPU' as const, gpus: [] } : { kind: 'KIND_GPU' as const, gpus: [0] };
  return {
    name,
    platform: PLATFORM,
    backend: BACKEND,
    version_policy: { all: {} },
    max_batch_size: 0,
    input: signature.inputs.map(toConfig),
    output: signature.outputs.map(toConfig),
    instance_group: [{ name: `${name}_0`, count: 1, ...device }],
    default_model_filename: filename,
  };
}

function toConfig(spec: TensorSpec): TensorConfig {
  return { name: spec.name, data_type: DATA_TYPES[spec.datatype], dims: [...spec.shape] };
}
