import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { INT64, makeOnnxModel, type TestModel } from '../../test/builders/onnx-model.js';
import { readModel, walkNodes } from './read-model.js';
import { OnnxFormatError } from './wire-reader.js';

const MODEL: TestModel = {
  nodes: [
    { op: 'Reshape', inputs: ['x', 'to'], outputs: ['r'], name: 'lay', attributes: { allowzero: 1 } },
    {
      op: 'If',
      inputs: ['c'],
      outputs: ['y'],
      domain: 'ai.onnx',
      attributes: {
        then_branch: { nodes: [{ op: 'Neg', inputs: ['r'], outputs: ['n'] }], inputs: [], outputs: [{ name: 'n' }] },
        alpha: 0.5,
        axes: [1, -2],
        words: ['a', 'b'],
      },
    },
  ],
  inputs: [{ name: 'x', shape: ['n', 3, undefined] }, { name: 'any' }],
  outputs: [{ name: 'y', elemType: INT64, shape: [] }],
  initializers: [
    { name: 'to', dims: [2], elemType: INT64, values: [0, -1] },
    { name: 'big', dims: [100] },
    { name: 'far', dims: [2, 2], external: { location: 'w.bin', offset: '8', length: '16' } },
  ],
  opset: 18,
  irVersion: 9,
  domains: { 'ai.onnx.ml': 3 },
};

describe('reading a model', () => {
  const model = readModel(makeOnnxModel(MODEL));

  test('gives versions, inputs and outputs', () => {
    expect(model.irVersion).toBe(9);
    expect([...model.opsets]).toEqual([
      ['', 18],
      ['ai.onnx.ml', 3],
    ]);
    expect(model.graph.inputs).toEqual([
      { name: 'x', type: { kind: 'tensor', elemType: 1, shape: ['n', 3, undefined] } },
      { name: 'any', type: { kind: 'tensor', elemType: 1, shape: undefined } },
    ]);
    expect(model.graph.outputs).toEqual([{ name: 'y', type: { kind: 'tensor', elemType: INT64, shape: [] } }]);
  });

  test('decodes small tensors and leaves large and outside ones where they are', () => {
    expect(model.graph.initializers).toEqual([
      { name: 'to', dataType: INT64, dims: [2], values: [0n, -1n], external: undefined },
      { name: 'big', dataType: 1, dims: [100], values: undefined, external: undefined },
      {
        name: 'far',
        dataType: 1,
        dims: [2, 2],
        values: undefined,
        external: new Map([
          ['location', 'w.bin'],
          ['offset', '8'],
          ['length', '16'],
        ]),
      },
    ]);
  });

  test('gives attributes of each type, and subgraphs when asked', () => {
    const branch = model.graph.nodes[1];
    expect(branch?.domain).toBe('');
    expect(model.graph.nodes[0]?.attributes.get('allowzero')?.int).toBe(1n);
    expect(branch?.attributes.get('alpha')?.float).toBe(0.5);
    expect(branch?.attributes.get('axes')?.ints).toEqual([1n, -2n]);
    expect(branch?.attributes.get('words')?.strings).toEqual(['a', 'b']);
    expect([...walkNodes(model)].map(({ opType }) => opType)).toEqual(['Reshape', 'If', 'Neg']);
  });

  test.each([
    { name: 'text', bytes: new TextEncoder().encode('<html>404 Not Found</html>'), want: /Not an ONNX file/ },
    { name: 'nothing', bytes: new Uint8Array(), want: /no graph/ },
    {
      name: 'a length beyond the end',
      bytes: Uint8Array.of(0x3a, 0xff, 0xff, 0xff, 0x7f),
      want: /268435455 bytes announced, 0 left at byte 0 of the model/,
    },
    { name: 'a number without end', bytes: new Uint8Array(20).fill(0xff), want: /more than ten bytes/ },
    { name: 'a group', bytes: Uint8Array.of(0x0b), want: /wire type 3/ },
  ])('refuses $name', ({ bytes, want }) => {
    expect(() => readModel(bytes)).toThrow(want);
    expect(() => readModel(bytes)).toThrow(OnnxFormatError);
  });

  test('refuses types and subgraphs without bottom', () => {
    const wrap = (field: number, inner: Uint8Array) => Uint8Array.of(field * 8 + 2, (inner.length % 128) | 128, inner.length >> 7, ...inner);
    let type = Uint8Array.of();
    for (let depth = 0; depth < 60; depth += 1) type = wrap(4, wrap(1, type));
    expect(() => readModel(wrap(7, wrap(11, wrap(2, type))))).toThrow(/nested more than 24 deep/);
  });

  test('whatever bytes are broken, it gives a model or says where', () => {
    const good = makeOnnxModel(MODEL);
    const flips = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(flips, fc.nat(good.length), (changes, length) => {
        const broken = Uint8Array.from(good);
        for (const [at, value] of changes) broken[at] = value;
        try {
          for (const node of walkNodes(readModel(broken.subarray(0, length)))) expect(typeof node.opType).toBe('string');
        } catch (error) {
          expect(error).toBeInstanceOf(OnnxFormatError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
