import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DEFAULT_MODEL_SETTINGS } from '../core/model-settings.js';
import { ConfigError } from './config-error.js';
import { CONFIG_KEYS } from './config-keys.js';
import { fromJson } from './config-node.js';
import { readModelConfig } from './read-model-config.js';
import { parseText } from './text-parser.js';

const read = (text: string) => readModelConfig(parseText(text, 'config.pbtxt'));
const readJson = (value: unknown) => {
  const node = fromJson(value, '');
  if (node.kind === 'Scalar') throw new Error('not a message');
  return readModelConfig(node);
};

/** From triton-inference-server/server, docs/examples/model_repository and qa (BSD-3-Clause), shortened. */
const DENSENET = `name: "densenet_onnx"
platform: "onnxruntime_onnx"
max_batch_size : 0
input [
  {
    name: "data_0"
    data_type: TYPE_FP32
    format: FORMAT_NCHW
    dims: [ 3, 224, 224 ]
    reshape { shape: [ 1, 3, 224, 224 ] }
  }
]
output [
  {
    name: "fc6_1"
    data_type: TYPE_FP32
    dims: [ 1000 ]
    reshape { shape: [ 1, 1000, 1, 1 ] }
    label_filename: "densenet_labels.txt"
  }
]`;
const SEQUENCE = `name: "simple_dyna_sequence"
platform: "onnxruntime_onnx"
max_batch_size: 8
sequence_batching {
    max_sequence_idle_microseconds: 10000000
    oldest {
      max_candidate_sequences: 1024
      max_queue_delay_microseconds: 10000
    }

  control_input [
    { name: "START" control [ { kind: CONTROL_SEQUENCE_START int32_false_true: [ 0, 1 ] } ] },
    { name: "CORRID" control [ { kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_UINT64 } ] }
  ]
  state [ { input_name: "h" output_name: "hn" data_type: TYPE_FP32 dims: [ 2, -1 ] initial_state: { name: "zero" data_type: TYPE_FP32 dims: [ 2, 1 ] zero_data: true } } ]
}
instance_group [ { count: 2 kind: KIND_CPU } ]`;
const BATCHING = `max_batch_size: 16
dynamic_batching {
  preferred_batch_size: [ 8, 4 ]
  max_queue_delay_microseconds: 500
  preserve_ordering: true
  priority_levels: 3
  default_priority_level: 2
  default_queue_policy { timeout_action: DELAY default_timeout_microseconds: 250000 allow_timeout_override: true max_queue_size: 64 }
  priority_queue_policy [ { key: 1 value: { max_queue_size: 8 } } ]
}
parameters { key: "intra_op_thread_count" value: { string_value: "2" } }
response_cache { enable: true }
version_policy: { specific { versions: [ 3, 1 ] } }
model_warmup [ { name: "w" batch_size: 4 inputs { key: "x" value: { data_type: TYPE_INT64 dims: 2 random_data: true } } } ]`;

describe('readModelConfig', () => {
  test('an image classifier', () => {
    const { name, settings, warnings } = read(DENSENET);
    expect(name).toBe('densenet_onnx');
    expect(settings).toMatchObject({
      maxBatchRows: 0,
      inputs: [{ name: 'data_0', datatype: 'FP32', dims: [3, 224, 224], reshape: [1, 3, 224, 224], isOptional: false }],
      outputs: [{ name: 'fc6_1', dims: [1000], reshape: [1, 1000, 1, 1] }],
      labelFiles: new Map([['fc6_1', 'densenet_labels.txt']]),
    });
    expect(warnings).toEqual(['config.pbtxt:8:5: "format" has no effect here: the model itself decides the order of its axes']);
  });
  test('a stateful model', () => {
    const { settings } = read(SEQUENCE);
    expect(settings).toMatchObject({ maxBatchRows: 8, instances: 2, device: 'Cpu' });
    expect(settings.sequence).toEqual({
      strategy: 'Oldest',
      maxIdleSeconds: 10,
      maxSequences: 1024,
      maxDelaySeconds: 0.01,
      states: [{ inputName: 'h', outputName: 'hn', datatype: 'FP32', dims: [2, -1], initialDims: [2, 1] }],
      controls: [
        { inputName: 'START', kind: 'START', datatype: 'INT32', falseTrue: [0, 1] },
        { inputName: 'CORRID', kind: 'CORRID', datatype: 'UINT64' },
      ],
    });
  });
  test('batching, priorities, queues, threads, cache, versions and warm-up', () => {
    const { settings, warnings } = read(BATCHING);
    expect(warnings).toEqual([]);
    expect(settings).toEqual({
      ...DEFAULT_MODEL_SETTINGS,
      maxBatchRows: 16,
      preferredRows: [4, 8],
      maxDelaySeconds: 0.0005,
      preserveOrdering: true,
      priorityLevels: 3,
      defaultPriority: 2,
      queuePolicy: { timeoutAction: 'DELAY', timeoutSeconds: 0.25, allowTimeoutOverride: true, maxRows: 64 },
      priorityPolicies: new Map([[1, { timeoutAction: 'REJECT', allowTimeoutOverride: false, maxRows: 8 }]]),
      intraOpThreads: 2,
      responseCache: true,
      versionPolicy: { kind: 'Specific', versions: ['3', '1'] },
      warmup: [{ name: 'w', batchRows: 4, count: 1, inputs: [{ name: 'x', datatype: 'INT64', dims: [2], data: { kind: 'Random' } }] }],
      parameters: new Map([['intra_op_thread_count', '2']]),
    });
  });
  test('nothing configured is the defaults', () => expect(read('')).toEqual({ settings: DEFAULT_MODEL_SETTINGS, warnings: [] }));
  test.each([
    { name: 'the latest two', text: 'version_policy { latest { num_versions: 2 } }', want: { kind: 'Latest', count: 2 } },
    { name: 'the latest', text: 'version_policy { latest {} }', want: { kind: 'Latest', count: 1 } },
    { name: 'all', text: 'version_policy { all {} }', want: { kind: 'All' } },
  ])('versions: $name', ({ text, want }) => expect(read(text).settings.versionPolicy).toEqual(want));
  test('hex and octal integers, as protobuf has them', () => expect(read('max_batch_size: 0x10').settings.maxBatchRows).toBe(16));
  test('JSON says the same, in either case of names, with numbers in texts', () => {
    const { settings } = readJson({
      maxBatchSize: '16',
      dynamic_batching: {
        preferredBatchSize: [4],
        maxQueueDelayMicroseconds: '500',
        priorityLevels: 1,
        default_priority_level: 1,
        priority_queue_policy: { 1: { maxQueueSize: 8 } },
      },
      parameters: { intra_op_thread_count: { stringValue: '2' }, slipway_single_flight: true },
      input: [{ name: 'x', dataType: 'TYPE_FP32', dims: ['-1', 2] }],
    });
    expect(settings).toMatchObject({ maxBatchRows: 16, preferredRows: [4], maxDelaySeconds: 0.0005, intraOpThreads: 2, singleFlight: true });
    expect(settings.priorityPolicies.get(1)?.maxRows).toBe(8);
    expect(settings.inputs).toMatchObject([{ name: 'x', datatype: 'FP32', dims: [-1, 2] }]);
  });
});

describe('readModelConfig refuses', () => {
  test.each([
    ['an unknown field', 'max_batchsize: 4', '1:1: "max_batchsize" is no field of ModelConfig; did you mean "max_batch_size"? known: name, platform'],
    ['an unknown inner field', 'input { nam: "x" }', '1:9: "nam" is no field of ModelInput; did you mean "name"?'],
    ['another backend', 'backend: "python"', '"backend" is "python": this server runs "onnxruntime" alone'],
    ['another platform', 'platform: "tensorrt_plan"', '"platform" is "tensorrt_plan"'],
    ['an ensemble', 'ensemble_scheduling { step { } }', '"ensemble_scheduling" cannot be honoured'],
    ['a decoupled model', 'model_transaction_policy { decoupled: true }', '"decoupled" cannot be honoured'],
    ['ragged batches', 'input { name: "x" allow_ragged_batch: true }', '"allow_ragged_batch" cannot be honoured'],
    ['a word where a text belongs', 'name: x', '"name" is a text: write it in quotes, "x"'],
    ['a text where a number belongs', 'max_batch_size: "4"', '"max_batch_size" is "4": give an integer without quotes'],
    ['a negative batch', 'max_batch_size: -1', '"max_batch_size" is -1: give 0 to 2147483647'],
    ['a fraction of a batch', 'max_batch_size: 1.5', 'give an integer'],
    ['a second value', 'max_batch_size: 1 max_batch_size: 2', '1:35: "max_batch_size" has one value, and got a second one'],
    ['an enum value that is none', 'input { name: "x" data_type: TYPE_FP31 }', '"data_type" is "TYPE_FP31"; did you mean "TYPE_FP32"?'],
    ['an enum value in quotes', 'input { name: "x" data_type: "TYPE_FP32" }', 'without quotes'],
    ['a message where a value belongs', 'max_batch_size { }', '"max_batch_size" is one value'],
    ['a value where a message belongs', 'input: 3', '"input" holds fields of its own, but is "3": write input { … }'],
    ['a tensor twice', 'input { name: "x" } input { name: "x" }', 'input "x" is declared twice'],
    ['a tensor without name', 'output { dims: 1 }', 'an "output" has no "name"'],
    ['a dimension of 0', 'input { name: "x" dims: [ 0 ] }', '"dims" holds 0'],
    ['a reshape of other size', 'input { name: "x" dims: [ 4 ] reshape { shape: [ 3 ] } }', '"reshape" [3] has not as many elements as "dims" [4]'],
    ['a label file elsewhere', 'output { name: "y" label_filename: "../x" }', "leads out of the model's folder"],
    ['a model file elsewhere', 'default_model_filename: "/etc/passwd"', 'is no file name'],
    ['two schedulers', 'max_batch_size: 2 dynamic_batching {} sequence_batching {}', '"sequence_batching" and "dynamic_batching" exclude each other'],
    ['batching without batches', 'max_batch_size: 0 dynamic_batching {}', '"dynamic_batching" needs "max_batch_size" above 0'],
    [
      'a preferred size beyond the largest',
      'max_batch_size: 2 dynamic_batching { preferred_batch_size: 4 }',
      '"preferred_batch_size" is 4: give 1 to 2',
    ],
    ['levels without default', 'dynamic_batching { priority_levels: 2 }', '"default_priority_level" is 0: with 2 "priority_levels" give 1 to 2'],
    ['a policy of no level', 'dynamic_batching { priority_queue_policy { key: 2 value {} } }', 'give 1 to 1'],
    ['an entry without key', 'parameters { value { string_value: "x" } }', 'has no key'],
    ['no specific version', 'version_policy { specific {} }', '"specific" names no version'],
    ['threads that are no number', 'parameters { key: "intra_op_thread_count" value { string_value: "two" } }', 'give an integer'],
    ['CPUs and GPUs', 'instance_group { kind: KIND_CPU } instance_group { kind: KIND_GPU }', 'CPUs and GPUs at once'],
    [
      'a control without values',
      'sequence_batching { control_input { name: "S" control { kind: CONTROL_SEQUENCE_START } } }',
      '"S" needs one of int32_false_true',
    ],
    [
      'a correlation id without type',
      'sequence_batching { control_input { name: "C" control { kind: CONTROL_SEQUENCE_CORRID } } }',
      'needs a "data_type"',
    ],
    ['a warm-up without data', 'model_warmup { name: "w" inputs { key: "x" value { data_type: TYPE_FP32 dims: 1 } } }', 'has no data'],
  ])('%s', (_name, text, want) => {
    expect(() => read(text)).toThrow(ConfigError);
    expect(() => read(text)).toThrow(want);
  });
  test.each([
    ['a list where a value belongs', { maxBatchSize: [1, 2] }, 'maxBatchSize[1]: "max_batch_size" has one value'],
    ['nothing', { name: null }, 'name: is empty'],
    ['depth', Array.from({ length: 50 }).reduce<unknown>((inner) => ({ input: inner }), 1), 'nested more than'],
  ])('%s in JSON', (_name, value, want) => expect(() => readJson(value)).toThrow(want));
});

describe('readModelConfig warns of', () => {
  test.each([
    ['a field that does nothing', 'metric_tags { key: "a" value: "b" }', '1:1: "metric_tags" has no effect here'],
    [
      'a parameter that does nothing here',
      'parameters { key: "execution_mode" value { string_value: "1" } }',
      'parameter "execution_mode" has no effect here: operators',
    ],
    ['a parameter that nobody knows', 'parameters { key: "colour" value { string_value: "red" } }', 'parameter "colour" has no effect here: no part'],
    [
      'the optimization of another backend',
      'optimization { execution_accelerators { gpu_execution_accelerator : [ { name : "tensorrt" } ] } }',
      '"optimization" has no effect here',
    ],
  ])('%s', (_name, text, want) => expect(read(text).warnings).toEqual([expect.stringContaining(want)]));
});

const KEYS = [...new Set(Object.values(CONFIG_KEYS).flatMap((keys) => Object.keys(keys)))];
const SCALAR = fc.constantFrom(
  '0',
  '1',
  '-1',
  '16',
  '0x7',
  '1.5',
  'true',
  'TYPE_FP32',
  'KIND_CPU',
  'CONTROL_SEQUENCE_CORRID',
  'REJECT',
  '"x"',
  '"../x"',
  '""',
  '99999999999999999999',
);
const { MESSAGE } = fc.letrec<{ MESSAGE: string }>((tie) => ({
  MESSAGE: fc
    .array(
      fc.tuple(
        fc.constantFrom(...KEYS),
        fc.oneof(
          { depthSize: 'small' },
          SCALAR,
          tie('MESSAGE').map((text) => `{ ${text} }`),
          fc.array(SCALAR, { maxLength: 3 }).map((list) => `[${list.join(', ')}]`),
        ),
      ),
      { maxLength: 4 },
    )
    .map((fields) => fields.map(([name, value]) => `${name}: ${value}`).join(' ')),
}));

test('whatever the fields hold, the configuration is read or refused with a place', () => {
  const ends = { read: 0, refused: 0 };
  fc.assert(
    fc.property(fc.tuple(fc.constantFrom('', ...KEYS), MESSAGE), ([field, text]) => {
      try {
        read(field === '' ? text : `${field} { ${text} }`);
        ends.read += 1;
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError);
        expect(String(error)).toMatch(/^ConfigError: config\.pbtxt:\d+:\d+: /);
        ends.refused += 1;
      }
    }),
    { seed: 6, numRuns: 5000 },
  );
  expect(Math.min(ends.read, ends.refused)).toBeGreaterThan(100);
});
