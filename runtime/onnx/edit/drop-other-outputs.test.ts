import { expect, test } from '@jest/globals';
import { makeOnnxModel, type TestValue } from '../../../test/builders/onnx-model.js';
import { readModel } from '../read-model.js';
import { dropOtherOutputs } from './drop-other-outputs.js';

const sequence: TestValue = { name: 'many', shape: ['n'], isSequence: true };
const tensor: TestValue = { name: 'y', shape: ['n', 2] };
const make = (outputs: readonly TestValue[]): Uint8Array =>
  makeOnnxModel({
    nodes: [
      { op: 'Neg', inputs: ['x'], outputs: ['y'] },
      { op: 'SequenceConstruct', inputs: ['y'], outputs: ['many'] },
    ],
    inputs: [{ name: 'x', shape: ['n', 2] }],
    outputs,
  });

test('a tensor beside a sequence stays, the sequence goes and is named', () => {
  const { bytes, dropped } = dropOtherOutputs(make([sequence, tensor]));
  expect(dropped).toEqual([{ name: 'many', kind: 'sequence' }]);
  expect(bytes).toEqual(make([tensor]));
});

test.each([{ outputs: [tensor] }, { outputs: [sequence] }])('$outputs.0.name alone is left as it is', ({ outputs }) => {
  const given = make(outputs);
  expect(dropOtherOutputs(given).bytes).toBe(given);
  expect(readModel(given).graph.outputs).toHaveLength(1);
});
