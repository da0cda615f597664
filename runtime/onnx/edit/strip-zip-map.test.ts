import { describe, expect, test } from '@jest/globals';
import { makeOnnxModel, type TestModel } from '../../../test/builders/onnx-model.js';
import { readModel } from '../read-model.js';
import { stripZipMap } from './strip-zip-map.js';

function classifier(attributes: NonNullable<TestModel['nodes'][number]['attributes']>, more: Partial<TestModel> = {}): TestModel {
  return {
    nodes: [
      { op: 'Normalizer', inputs: ['x'], outputs: ['scores'], domain: 'ai.onnx.ml', attributes: { norm: 'L1' } },
      { op: 'ZipMap', inputs: ['scores'], outputs: ['p'], domain: 'ai.onnx.ml', name: 'zip', attributes },
      { op: 'Neg', inputs: ['scores'], outputs: ['n'] },
    ],
    inputs: [{ name: 'x', shape: ['n', 2] }],
    outputs: [{ name: 'p' }, { name: 'n', shape: ['n', 2] }],
    initializers: [{ name: 'w', dims: [300] }],
    domains: { 'ai.onnx.ml': 1 },
    ...more,
  };
}

describe('stripping ZipMap', () => {
  test.each([
    { name: 'texts', attributes: { classlabels_strings: ['no', 'yes'] }, want: ['no', 'yes'] },
    { name: 'whole numbers', attributes: { classlabels_int64s: [3, 5] }, want: [3n, 5n] },
  ])('gives the scores under the old name, and the labels as $name', ({ attributes, want }) => {
    const given = makeOnnxModel(classifier(attributes));
    const { bytes, stripped } = stripZipMap(given);
    const [before, after] = [readModel(given), readModel(bytes)];
    expect(stripped).toEqual([{ output: 'p', labels: want }]);
    expect(after.graph.nodes.map(({ opType, inputs, outputs, name, domain }) => [opType, ...inputs, ...outputs, name, domain])[1]).toEqual([
      'Identity',
      'scores',
      'p',
      'zip',
      '',
    ]);
    expect(after.graph.outputs).toEqual([{ name: 'p', type: { kind: 'tensor', elemType: 1, shape: [undefined, 2] } }, before.graph.outputs[1]]);
    expect(JSON.stringify(after.graph.initializers)).toBe(JSON.stringify(before.graph.initializers));
    expect(after.opsets).toEqual(before.opsets);
  });

  test('keeps every byte outside the node and the output', () => {
    const given = makeOnnxModel(classifier({ classlabels_strings: ['no', 'yes'] }));
    const unknown = Uint8Array.of(0xfa, 0x3f, 3, 1, 2, 3);
    const { bytes } = stripZipMap(Uint8Array.from([...given, ...unknown]));
    expect([...bytes.subarray(-unknown.length)]).toEqual([...unknown]);
    const weights = readModel(given).graph.initializers.length;
    expect(readModel(bytes).graph.initializers).toHaveLength(weights);
    expect(
      Buffer.from(bytes).includes(Buffer.from(new Uint8Array(Float32Array.from({ length: 300 }, (_, index) => Math.sin(index + 1)).buffer))),
    ).toBe(true);
  });

  test.each([
    { name: 'has none', nodes: [{ op: 'Relu', inputs: ['x'], outputs: ['p'] }] },
    {
      name: 'has one that other nodes read',
      nodes: [
        { op: 'ZipMap', inputs: ['x'], outputs: ['p'], domain: 'ai.onnx.ml' },
        { op: 'SequenceLength', inputs: ['p'], outputs: ['n'] },
      ],
    },
    { name: 'has one of another domain', nodes: [{ op: 'ZipMap', inputs: ['x'], outputs: ['p'], domain: 'example.com' }] },
  ])('gives back the same bytes when a model $name', ({ nodes }) => {
    const given = makeOnnxModel(classifier({}, { nodes }));
    expect(stripZipMap(given).bytes).toBe(given);
  });
});
