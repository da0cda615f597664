import { describe, expect, test } from '@jest/globals';
import { DATATYPES, type Datatype } from './datatype.js';
import { computeModelConfig } from './model-config.js';
import { DEFAULT_MODEL_SETTINGS, type ModelSettings } from './model-settings.js';
import { type TensorSpec, withDefaults } from './signature.js';

const spec = (name: string, datatype: Datatype, shape: number[]): TensorSpec => ({ name, datatype, shape, symbols: shape.map(() => '') });
const image = { name: 'image', datatype: 'FP32', shape: [0, 3, 48, 0], data: new Uint8Array() } as const;
const signature = { inputs: [spec('image', 'FP32', [-1, 3, 48, -1]), spec('text', 'BYTES', [1])], outputs: [spec('score', 'FP16', [])] };

describe('computeModelConfig', () => {
  test('a model on the CPU', () => {
    expect(computeModelConfig({ name: 'reader', filename: 'model.onnx', provider: 'cpu', signature })).toEqual({
      name: 'reader',
      platform: 'onnxruntime_onnx',
      backend: 'onnxruntime',
      version_policy: { all: {} },
      max_batch_size: 0,
      input: [
        { name: 'image', data_type: 'TYPE_FP32', dims: [-1, 3, 48, -1] },
        { name: 'text', data_type: 'TYPE_STRING', dims: [1] },
      ],
      output: [{ name: 'score', data_type: 'TYPE_FP16', dims: [] }],
      instance_group: [{ name: 'reader_0', count: 1, kind: 'KIND_CPU', gpus: [] }],
      default_model_filename: 'model.onnx',
    });
  });
  test('a model on a GPU names the one that it has', () => {
    const { instance_group: groups } = computeModelConfig({ name: 'reader', filename: 'model.onnx', provider: 'cuda', signature });
    expect(groups).toEqual([{ name: 'reader_0', count: 1, kind: 'KIND_GPU', gpus: [0] }]);
  });
  test('what is configured comes back', () => {
    const settings: ModelSettings = {
      ...DEFAULT_MODEL_SETTINGS,
      maxBatchRows: 8,
      preferredRows: [4, 8],
      maxDelaySeconds: 0.0005,
      priorityLevels: 2,
      defaultPriority: 1,
      queuePolicy: { timeoutAction: 'DELAY', timeoutSeconds: 0.25, maxRows: 64, allowTimeoutOverride: true },
      priorityPolicies: new Map([[2, { timeoutAction: 'REJECT', allowTimeoutOverride: false }]]),
      responseCache: true,
      versionPolicy: { kind: 'Specific', versions: ['3'] },
      labelFiles: new Map([['score', 'labels.txt']]),
      inputs: [{ name: 'image', isOptional: true, dims: [3, 48, -1], reshape: [3, 48, -1] }],
      parameters: new Map([['k', 'v']]),
    };
    const policy = { timeout_action: 'REJECT', default_timeout_microseconds: 0, allow_timeout_override: false, max_queue_size: 0 };
    expect(
      computeModelConfig({
        name: 'reader',
        filename: 'net.onnx',
        provider: 'cpu',
        signature: withDefaults(signature, [image]),
        settings,
        instances: 3,
      }),
    ).toEqual({
      name: 'reader',
      platform: 'onnxruntime_onnx',
      backend: 'onnxruntime',
      version_policy: { specific: { versions: [3] } },
      max_batch_size: 8,
      input: [
        { name: 'image', data_type: 'TYPE_FP32', dims: [3, 48, -1], reshape: { shape: [3, 48, -1] }, optional: true },
        { name: 'text', data_type: 'TYPE_STRING', dims: [1] },
      ],
      output: [{ name: 'score', data_type: 'TYPE_FP16', dims: [], label_filename: 'labels.txt' }],
      instance_group: [{ name: 'reader_0', count: 3, kind: 'KIND_CPU', gpus: [] }],
      default_model_filename: 'net.onnx',
      dynamic_batching: {
        preferred_batch_size: [4, 8],
        max_queue_delay_microseconds: 500,
        preserve_ordering: false,
        priority_levels: 2,
        default_priority_level: 1,
        default_queue_policy: { timeout_action: 'DELAY', default_timeout_microseconds: 250000, allow_timeout_override: true, max_queue_size: 64 },
        priority_queue_policy: { 2: policy },
      },
      parameters: { k: { string_value: 'v' } },
      response_cache: { enable: true },
    });
  });
  test('a stateful model says its controls and states', () => {
    const settings: ModelSettings = {
      ...DEFAULT_MODEL_SETTINGS,
      sequence: {
        strategy: 'Oldest',
        maxIdleSeconds: 10,
        maxSequences: 7,
        maxDelaySeconds: 0,
        states: [{ inputName: 'h', outputName: 'hn', datatype: 'FP32', dims: [2, -1] }],
        controls: [
          { inputName: 'c', kind: 'START', datatype: 'FP32', falseTrue: [0, 1] },
          { inputName: 'c', kind: 'END', datatype: 'BOOL', falseTrue: [0, 1] },
          { inputName: 'id', kind: 'CORRID', datatype: 'UINT64' },
        ],
      },
    };
    const config = computeModelConfig({ name: 'm', filename: 'm', provider: 'cpu', signature, settings });
    expect(config.dynamic_batching).toBeUndefined();
    expect(config.sequence_batching).toEqual({
      max_sequence_idle_microseconds: 10_000_000,
      control_input: [
        {
          name: 'c',
          control: [
            { kind: 'CONTROL_SEQUENCE_START', fp32_false_true: [0, 1] },
            { kind: 'CONTROL_SEQUENCE_END', bool_false_true: [false, true] },
          ],
        },
        { name: 'id', control: [{ kind: 'CONTROL_SEQUENCE_CORRID', data_type: 'TYPE_UINT64' }] },
      ],
      state: [{ input_name: 'h', output_name: 'hn', data_type: 'TYPE_FP32', dims: [2, -1] }],
      oldest: { max_candidate_sequences: 7 },
    });
  });
  test.each(Object.keys(DATATYPES) as Datatype[])('%s has a type of its own', (datatype) => {
    const { input } = computeModelConfig({
      name: 'm',
      filename: 'm',
      provider: 'cpu',
      signature: { inputs: [spec('x', datatype, [])], outputs: [] },
    });
    expect(input).toMatchObject([{ data_type: datatype === 'BYTES' ? 'TYPE_STRING' : `TYPE_${datatype}` }]);
  });
});
