import { describe, expect, test } from '@jest/globals';
import { BFLOAT16, BOOL, INT64, makeOnnxModel, type TestModel } from '../../../test/builders/onnx-model.js';
import { readModel } from '../read-model.js';
import { findCustomOps } from './custom-ops.js';
import { findEmptyTensorFacts } from './empty-tensors.js';
import { listExternalData } from './external-data.js';
import { findBf16, findRequiredInputs, findSequenceMask } from './inputs.js';
import { findNonDeterministicOps } from './non-deterministic-ops.js';

function read(model: Partial<TestModel>) {
  return readModel(makeOnnxModel({ nodes: [], inputs: [{ name: 'x', shape: ['n'] }], outputs: [{ name: 'y' }], ...model }));
}

describe('what a model needs', () => {
  test('operators of other domains, in subgraphs too', () => {
    const warp = { op: 'Warp', inputs: ['x'], outputs: ['w'], domain: 'example.com' };
    const model = read({
      nodes: [
        warp,
        { op: 'Gelu', inputs: ['w'], outputs: ['g'], domain: 'com.microsoft' },
        { op: 'If', inputs: ['c'], outputs: ['y'], attributes: { then_branch: { nodes: [warp], inputs: [], outputs: [] } } },
      ],
    });
    expect(findCustomOps(model)).toEqual([{ domain: 'example.com', opType: 'Warp', count: 2 }]);
  });

  test('files beside it', () => {
    const far = (name: string, external: Record<string, string>) => ({ name, dims: [2], external });
    const model = read({
      initializers: [far('a', { location: './w/a.bin', length: '8' }), far('b', { location: 'w/a.bin', offset: '8', length: '8' })],
    });
    expect(listExternalData(model)).toEqual([{ location: 'w/a.bin', tensors: 2, minBytes: 16 }]);
  });

  test.each(['/etc/passwd', '../w.bin', 'a/../../w.bin', '', 'C:\\w.bin', 'a//b', 'a\\..\\b'])('refuses weights in %j', (location) => {
    const model = read({ initializers: [{ name: 'a', dims: [2], external: { location } }] });
    expect(() => listExternalData(model)).toThrow(/Tensor "a" has its data in/);
  });

  test('inputs without a default, as weights were listed among them before IR version 4', () => {
    const model = {
      inputs: [
        { name: 'x', shape: ['n'] },
        { name: 'k', shape: [] },
      ],
      initializers: [{ name: 'k', dims: [] }],
    };
    for (const irVersion of [3, 8]) expect(findRequiredInputs(read({ ...model, irVersion })).map(({ name }) => name)).toEqual(['x']);
  });

  test('BF16 inputs and outputs', () => {
    expect(
      findBf16(
        read({
          inputs: [
            { name: 'x', elemType: BFLOAT16, shape: ['n'] },
            { name: 'z', shape: ['n'] },
          ],
        }),
      ),
    ).toEqual({ inputs: ['x'], outputs: [] });
  });

  test.each([
    { name: 'random numbers', node: { op: 'RandomNormalLike', inputs: ['x'], outputs: ['y'] }, want: ['RandomNormalLike'] },
    { name: 'dropout that may train', node: { op: 'Dropout', inputs: ['x', '', 'mode'], outputs: ['y'] }, want: ['Dropout'] },
    { name: 'dropout that does not', node: { op: 'Dropout', inputs: ['x', '', 'off'], outputs: ['y'] }, want: [] },
    { name: 'plain dropout', node: { op: 'Dropout', inputs: ['x'], outputs: ['y'] }, want: [] },
  ])('nodes that differ from run to run: $name', ({ node, want }) => {
    const model = read({ nodes: [node], initializers: [{ name: 'off', dims: [], elemType: BOOL, values: [0] }] });
    expect(findNonDeterministicOps(model).map(({ opType }) => opType)).toEqual(want);
  });

  test('which input masks the padding of which', () => {
    const ids = (shape: TestModel['inputs'][number]['shape']) =>
      ['input_ids', 'attention_mask', 'token_type_ids'].map((name) => ({ name, elemType: INT64, ...(shape && { shape }) }));
    expect(findSequenceMask(read({ inputs: ids(['batch', 'seq']) }))).toEqual({
      maskInput: 'attention_mask',
      paddedInputs: ['input_ids', 'attention_mask', 'token_type_ids'],
      axis: 1,
      symbol: 'seq',
    });
    expect(findSequenceMask(read({ inputs: ids(['batch', 128]) }))).toBeUndefined();
    expect(findSequenceMask(read({ inputs: ids(['batch', 'seq']).slice(0, 1) }))).toBeUndefined();
  });

  test('what may not survive a tensor without elements', () => {
    const facts = (...ops: (string | TestModel['nodes'][number])[]) =>
      findEmptyTensorFacts(read({ nodes: ops.map((op) => (typeof op === 'string' ? { op, inputs: ['x'], outputs: ['y'] } : op)) }));
    const nested = {
      op: 'If',
      inputs: ['c'],
      outputs: ['y'],
      attributes: { then_branch: { nodes: [{ op: 'TopK', inputs: ['x'], outputs: ['y'], name: 'best' }], inputs: [], outputs: [] } },
    };
    const foreign = { op: 'Relu', inputs: ['x'], outputs: ['y'], domain: 'com.microsoft' };
    expect(facts('MatMul', 'Relu')).toEqual({ risk: undefined, inside: undefined });
    expect(facts('Relu', nested)).toEqual({ risk: 'TopK (node "best")', inside: undefined });
    expect(facts(foreign)).toEqual({ risk: 'Relu', inside: undefined });
    expect(facts('NonZero', 'Relu')).toEqual({ risk: undefined, inside: undefined });
    expect(facts('LSTM', 'NonZero')).toEqual({ risk: 'LSTM', inside: 'NonZero' });
  });
});
