import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BFLOAT16, BOOL, FLOAT, makeOnnxModel, type TestModel } from '../../../test/builders/onnx-model.js';
import type { OnnxGraph } from '../onnx-model.js';
import { readModel } from '../read-model.js';
import { OnnxFormatError } from '../wire-reader.js';
import { join, spliceMessage } from './splice.js';
import { widenBf16 } from './widen-bf16.js';

function relu(more: Partial<TestModel> = {}): TestModel {
  return {
    nodes: [
      { op: 'Relu', inputs: ['x'], outputs: ['y'] },
      { op: 'Neg', inputs: ['y'], outputs: ['z'] },
    ],
    inputs: [
      { name: 'x', elemType: BFLOAT16, shape: ['n', 2] },
      { name: 'other', shape: [1] },
    ],
    outputs: [
      { name: 'y', elemType: BFLOAT16, shape: ['n', 2] },
      { name: 'z', elemType: BFLOAT16 },
    ],
    initializers: [{ name: 'w', dims: [300] }],
    ...more,
  };
}

const nodesOf = ({ nodes }: OnnxGraph) =>
  nodes.map(({ opType, inputs, outputs, attributes }) => {
    const to = attributes.get('to')?.int;
    return `${opType}${to === undefined ? '' : `:${to}`} ${inputs.join(',')} > ${outputs.join(',')}`;
  });

describe('widening BF16', () => {
  test('puts a Cast behind each input and before each output; clients see the same names', () => {
    const given = makeOnnxModel(relu());
    const { bytes, inputs, outputs, kept } = widenBf16(given);
    const [before, after] = [readModel(given).graph, readModel(bytes).graph];
    expect([inputs, outputs, kept]).toEqual([['x'], ['y', 'z'], []]);
    expect(nodesOf(after)).toEqual(['Cast:16 x > x/bf16', 'Relu x/bf16 > y/bf16', 'Neg y/bf16 > z/bf16', 'Cast:1 y/bf16 > y', 'Cast:1 z/bf16 > z']);
    const types = ({ inputs: i, outputs: o }: OnnxGraph) => [...i, ...o].map(({ name, type }) => ({ name, type }));
    expect(types(after)).toEqual(types(before).map((value) => ({ ...value, type: { ...value.type, elemType: FLOAT } })));
    expect(after.initializers).toEqual(before.initializers);
    expect(widenBf16(bytes).bytes).toBe(bytes);
  });

  test('keeps every byte of what it does not touch', () => {
    const given = makeOnnxModel(relu());
    const unknown = Uint8Array.of(0xfa, 0x3f, 3, 1, 2, 3);
    const { bytes } = widenBf16(Uint8Array.from([...given, ...unknown]));
    expect([...bytes.subarray(-unknown.length)]).toEqual([...unknown]);
    const weights = new Uint8Array(Float32Array.from({ length: 300 }, (_, index) => Math.sin(index + 1)).buffer);
    expect(Buffer.from(bytes).includes(Buffer.from(weights))).toBe(true);
  });

  test('goes down into subgraphs, but not where they have a value of that name themselves', () => {
    const reads = { op: 'Relu', inputs: ['x'], outputs: ['t'] };
    const inner = { nodes: [reads], inputs: [], outputs: [{ name: 't', elemType: BFLOAT16 }] };
    const own = { nodes: [{ op: 'Neg', inputs: ['c'], outputs: ['x'] }, reads], inputs: [], outputs: [{ name: 't', elemType: BFLOAT16 }] };
    const nested = { nodes: [{ op: 'If', inputs: ['c'], outputs: ['u'], attributes: { then_branch: inner } }], inputs: [], outputs: [{ name: 'u' }] };
    const nodes = [{ op: 'If', inputs: ['c'], outputs: ['y'], attributes: { then_branch: nested, else_branch: own } }];
    const inputs = [
      { name: 'c', elemType: BOOL, shape: [] },
      { name: 'x', elemType: BFLOAT16 },
    ];
    const { bytes } = widenBf16(makeOnnxModel(relu({ nodes, inputs, outputs: [{ name: 'y', elemType: BFLOAT16 }] })));
    const branch = (graph: OnnxGraph | undefined, name: string) =>
      graph?.nodes
        .find(({ opType }) => opType === 'If')
        ?.attributes.get(name)
        ?.graphs()[0];
    const after = readModel(bytes).graph;
    const deep = branch(branch(after, 'then_branch'), 'then_branch');
    const shadowing = branch(after, 'else_branch');
    expect([deep, shadowing].map((graph) => (graph === undefined ? 'none' : nodesOf(graph)))).toEqual([
      ['Relu x/bf16 > t'],
      ['Neg c > x', 'Relu x > t'],
    ]);
  });

  test('takes another name where the model has its own, and adds the opset that Cast needs', () => {
    const nodes = [
      { op: 'Gelu', inputs: ['x'], outputs: ['x/bf16'], domain: 'com.microsoft' },
      { op: 'Gelu', inputs: ['x/bf16'], outputs: ['y'], domain: 'com.microsoft' },
    ];
    const given = makeOnnxModel(relu({ nodes, outputs: [], domains: { 'com.microsoft': 1 } }));
    const opset = Uint8Array.of(16, 17);
    const without = join(spliceMessage(given, 'the model', (field, payload) => (field === 8 && Buffer.from(payload).equals(opset) ? [] : undefined)));
    const { graph, opsets } = readModel(widenBf16(without).bytes);
    expect(nodesOf(graph)[0]).toBe('Cast:16 x > x/bf16/bf16');
    expect([[...readModel(without).opsets], [...opsets]]).toEqual([
      [['com.microsoft', 1]],
      [
        ['com.microsoft', 1],
        ['', 13],
      ],
    ]);
  });

  test.each<{ name: string; model: Partial<TestModel> }>([
    { name: 'it has no BF16', model: { inputs: [{ name: 'x' }], outputs: [{ name: 'z' }] } },
    {
      name: 'the input has a default, which ONNX Runtime does not ask for',
      model: { initializers: [{ name: 'x', dims: [1, 2], elemType: BFLOAT16 }], outputs: [] },
    },
  ])('a model comes back as it is, when $name', ({ model }) => {
    const given = makeOnnxModel(relu(model));
    expect(widenBf16(given)).toEqual({ bytes: given, inputs: [], outputs: [], kept: [] });
    expect(widenBf16(given).bytes).toBe(given);
  });

  test.each<{ name: string; model: Partial<TestModel>; want: string; kept: string[] }>([
    { name: 'an old opset', model: { opset: 12 }, kept: ['x', 'y', 'z'], want: 'Cast has no BF16 before opset 13, and the model has opset 12' },
    {
      name: 'an input that is an output',
      model: { outputs: [{ name: 'x', elemType: BFLOAT16 }] },
      kept: ['x'],
      want: 'it is input and output at once',
    },
    {
      name: 'an output that is a constant',
      model: { inputs: [], outputs: [{ name: 'w', elemType: BFLOAT16 }] },
      kept: ['w'],
      want: 'no node computes it',
    },
    {
      name: 'a subgraph that gives an input back',
      model: {
        nodes: [
          {
            op: 'If',
            inputs: ['c'],
            outputs: ['y'],
            attributes: { then_branch: { nodes: [], inputs: [], outputs: [{ name: 'x', elemType: BFLOAT16 }] } },
          },
        ],
        outputs: [],
      },
      kept: ['x'],
      want: 'a subgraph gives it back as its own output',
    },
  ])('what cannot be widened stays, with the reason: $name', ({ model, want, kept }) => {
    const given = makeOnnxModel(relu(model));
    const result = widenBf16(given);
    expect(result.bytes).toBe(given);
    expect(result.kept.map(({ name }) => name)).toEqual(kept);
    expect(result.kept[0]?.reason).toBe(`"${kept[0]}" is BF16 and cannot be made FP32: ${want}`);
  });

  test('broken bytes are an OnnxFormatError and nothing else', () => {
    const good = makeOnnxModel(relu({ initializers: [] }));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }), fc.nat(good.length), (changes, end) => {
        const bytes = Uint8Array.from(good);
        for (const [at, value] of changes) bytes[at] = value;
        for (const candidate of [bytes, good.subarray(0, end)]) {
          try {
            readModel(widenBf16(candidate).bytes);
          } catch (error) {
            if (!(error instanceof OnnxFormatError)) throw error;
          }
        }
      }),
      { seed: 20, numRuns: 3000 },
    );
  });
});
