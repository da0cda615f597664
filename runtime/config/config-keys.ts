/**
 * Every field of Triton's ModelConfig (proto/model_config.proto of triton-inference-server/common), and what this server makes
 * of it: it acts, it is accepted with a warning because answers stay the same without it, or it is refused because they would
 * not. docs/guides/model-repository.md prints this table.
 */
export type KeyTreatment =
  /** The text says where it differs from Triton's. */
  | { readonly kind: 'Acts'; readonly why?: string }
  /** Accepted; the text says what happens in its place. */
  | { readonly kind: 'Warned'; readonly why: string }
  /** A message, list or text that cannot be honoured. Of a boolean, `true` alone. */
  | { readonly kind: 'Refused'; readonly why: string };

const ACTS: KeyTreatment = { kind: 'Acts' };
const acts = (why: string): KeyTreatment => ({ kind: 'Acts', why });
const warned = (why: string): KeyTreatment => ({ kind: 'Warned', why });
const refused = (why: string): KeyTreatment => ({ kind: 'Refused', why });

const QUEUE_DELAY = 'max_queue_delay_microseconds';

export const CONFIG_KEYS = {
  ModelConfig: {
    name: acts("the folder's name, or refused"),
    platform: acts('`onnxruntime_onnx` or empty'),
    backend: acts('`onnxruntime` or empty'),
    runtime: refused('this server has one runtime, ONNX Runtime'),
    version_policy: acts('absent: every version (Triton: the latest)'),
    max_batch_size: acts('absent: the server chooses; 0: requests are not batched'),
    input: ACTS,
    output: ACTS,
    batch_input: refused('ragged batches are not supported'),
    batch_output: refused('ragged batches are not supported'),
    optimization: warned('ONNX Runtime runs with all graph optimizations, on the accelerator that the server was started with'),
    dynamic_batching: ACTS,
    sequence_batching: ACTS,
    ensemble_scheduling: refused('ensembles are not supported: serve the models one by one and chain them in the client'),
    instance_group: ACTS,
    default_model_filename: acts('absent: `model.onnx`'),
    cc_model_filenames: warned('the default model file is served, whatever the GPU'),
    metric_tags: warned('metrics carry the labels model and version'),
    parameters: acts('those of the table below'),
    model_warmup: ACTS,
    model_operations: refused('custom operator libraries are not loaded'),
    model_transaction_policy: acts('`decoupled: true` is refused'),
    model_repository_agents: refused('agents are not run, and what they would check or change would be left undone'),
    response_cache: ACTS,
    model_metrics: warned('histograms have buckets of their own'),
  },
  ModelVersionPolicy: { latest: ACTS, all: ACTS, specific: ACTS },
  Latest: { num_versions: ACTS },
  All: {},
  Specific: { versions: ACTS },
  ModelInput: {
    name: ACTS,
    data_type: ACTS,
    format: warned('the model itself decides the order of its axes'),
    dims: acts("may be narrower than the model's, never wider"),
    reshape: acts('without `max_batch_size`, requests are not batched'),
    is_shape_tensor: refused('only TensorRT has shape tensors'),
    allow_ragged_batch: refused('ragged batches are not supported'),
    optional: acts('the model must have a default: an initializer of that name'),
    is_non_linear_format_io: refused('only TensorRT has such formats'),
  },
  ModelOutput: {
    name: ACTS,
    data_type: ACTS,
    dims: ACTS,
    reshape: ACTS,
    label_filename: ACTS,
    is_shape_tensor: refused('only TensorRT has shape tensors'),
    is_non_linear_format_io: refused('only TensorRT has such formats'),
  },
  ModelTensorReshape: { shape: ACTS },
  ModelInstanceGroup: {
    name: warned('instances have no names'),
    kind: acts('`KIND_GPU` needs `--accelerator`; CPUs and GPUs at once are refused'),
    count: acts('absent: the server chooses'),
    gpus: acts('one at most'),
    rate_limiter: warned('instances are not rated against those of other models'),
    secondary_devices: refused('secondary devices are not supported'),
    profile: refused('only TensorRT has profiles'),
    passive: refused('every instance serves'),
    host_policy: warned('threads follow the CPUs of the cgroup'),
  },
  ModelDynamicBatching: {
    preferred_batch_size: ACTS,
    [QUEUE_DELAY]: ACTS,
    preserve_ordering: ACTS,
    priority_levels: acts('at most 1000'),
    default_priority_level: ACTS,
    default_queue_policy: ACTS,
    priority_queue_policy: ACTS,
  },
  ModelQueuePolicy: {
    timeout_action: ACTS,
    default_timeout_microseconds: ACTS,
    allow_timeout_override: ACTS,
    max_queue_size: acts("counts rows; 0: the server's own limits"),
  },
  ModelSequenceBatching: {
    direct: ACTS,
    oldest: ACTS,
    max_sequence_idle_microseconds: acts('0: one second'),
    control_input: ACTS,
    state: ACTS,
    iterative_sequence: refused('iterative sequences are not supported'),
  },
  StrategyDirect: { [QUEUE_DELAY]: ACTS, minimum_slot_utilization: warned('a batch starts when the delay has passed, however full') },
  StrategyOldest: {
    max_candidate_sequences: acts('absent: 1024'),
    preferred_batch_size: ACTS,
    [QUEUE_DELAY]: ACTS,
    preserve_ordering: ACTS,
  },
  ControlInput: { name: ACTS, control: ACTS },
  Control: { kind: ACTS, int32_false_true: ACTS, fp32_false_true: ACTS, bool_false_true: ACTS, data_type: ACTS },
  State: {
    input_name: ACTS,
    output_name: ACTS,
    data_type: ACTS,
    dims: ACTS,
    initial_state: ACTS,
    use_same_buffer_for_input_output: warned('states are copied, which changes no answer'),
    use_growable_memory: refused('a state has the size that the model gives it'),
  },
  InitialState: {
    name: warned('initial states have no names'),
    data_type: ACTS,
    dims: ACTS,
    zero_data: ACTS,
    data_file: acts('in the folder `initial_state`'),
  },
  ModelWarmup: { name: ACTS, batch_size: ACTS, inputs: ACTS, count: ACTS },
  WarmupInput: {
    data_type: ACTS,
    dims: ACTS,
    zero_data: ACTS,
    random_data: acts('the same numbers at every start'),
    input_data_file: acts('in the folder `warmup`'),
  },
  ModelTransactionPolicy: { decoupled: refused('a model of ONNX answers each request once') },
  ModelResponseCache: { enable: ACTS },
  ModelParameter: { string_value: ACTS },
} as const satisfies Readonly<Record<string, Readonly<Record<string, KeyTreatment>>>>;

export type ConfigMessage = keyof typeof CONFIG_KEYS;

/** Fields of which one excludes the others. */
export const ONE_OF = {
  ModelConfig: ['dynamic_batching', 'sequence_batching', 'ensemble_scheduling'],
  ModelVersionPolicy: ['latest', 'all', 'specific'],
  ModelSequenceBatching: ['direct', 'oldest'],
  InitialState: ['zero_data', 'data_file'],
  WarmupInput: ['zero_data', 'random_data', 'input_data_file'],
} as const satisfies Partial<Record<ConfigMessage, readonly string[]>>;

/** What this server makes of Triton's `parameters` for its onnxruntime backend. Others are the user's own, and are named in a warning. */
export const PARAMETER_KEYS: ReadonlyMap<string, KeyTreatment> = new Map([
  ['intra_op_thread_count', acts('0: the server chooses')],
  ['slipway_single_flight', acts('ours: equal requests in flight are computed once')],
  ['inter_op_thread_count', warned('operators run one after the other')],
  ['execution_mode', warned('operators run one after the other')],
  ['enable_mem_arena', warned('the server manages memory itself')],
  ['enable_mem_pattern', warned('the server manages memory itself')],
  ['memory.enable_memory_arena_shrinkage', warned('the server manages memory itself')],
  ['session.use_device_allocator_for_initializers', warned('the server manages memory itself')],
  ['cudnn_conv_algo_search', warned('CUDA runs with the settings of ONNX Runtime')],
  ['gpu_mem_limit', warned('CUDA runs with the settings of ONNX Runtime')],
  ['arena_extend_strategy', warned('CUDA runs with the settings of ONNX Runtime')],
  ['do_copy_in_default_stream', warned('CUDA runs with the settings of ONNX Runtime')],
]);
