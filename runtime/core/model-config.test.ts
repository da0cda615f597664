import { describe, expect, test } from '@jest/globals';
import { DATATYPES, type Datatype } from './datatype.js';
import { computeModelConfig } from './model-config.js';
import type { TensorSpec } from './signature.js';

const spec = (name: string, datatype: Datatype, shape: number[]): TensorSpec => ({ name, datatype, shape, symbols: shape.map(() => '') });
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
