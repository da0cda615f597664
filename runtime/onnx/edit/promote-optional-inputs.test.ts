import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BFLOAT16, INT64, makeOnnxModel, type TestModel, type TestTensor } from '../../../test/builders/onnx-model.js';
import { findRequiredInputs } from '../inspect/inputs.js';
import { readModel } from '../read-model.js';
import { OnnxFormatError } from '../wire-reader.js';
import { promoteOptionalInputs } from './promote-optional-inputs.js';
import { MAX_OPTIONAL, MAX_PLAIN_BYTES } from './weight-inputs.js';

const scale: TestTensor = { name: 'scale', dims: [1], values: [2] };
const weight: TestTensor = { name: 'w', dims: [2, 2] };

function scaled(more: Partial<TestModel> = {}): TestModel {
  return {
    nodes: [
      { op: 'MatMul', inputs: ['x', 'w'], outputs: ['h'] },
      { op: 'Mul', inputs: ['h', 'scale'], outputs: ['y'] },
    ],
    inputs: [
      { name: 'x', shape: ['n', 2] },
      { name: 'scale', shape: [1] },
    ],
    outputs: [{ name: 'y', shape: ['n', 2] }],
    initializers: [weight, scale],
    ...more,
  };
}

describe('optional inputs', () => {
  test('become required ones, and their default is given back', () => {
    const given = makeOnnxModel(scaled());
    const { bytes, defaults, kept } = promoteOptionalInputs(given);
    expect(defaults).toEqual([{ name: 'scale', datatype: 'FP32', shape: [1], data: Uint8Array.of(0, 0, 0, 64) }]);
    expect(kept).toEqual([]);
    const required = (model: Uint8Array) => findRequiredInputs(readModel(model)).map(({ name }) => name);
    expect([required(given), required(bytes)]).toEqual([['x'], ['x', 'scale']]);
    expect(Buffer.from(bytes)).toEqual(Buffer.from(makeOnnxModel(scaled({ initializers: [weight] }))));
  });

  test('a default of free dimensions keeps its own', () => {
    const inputs = [
      { name: 'x', shape: ['n', 2] },
      { name: 'scale', shape: ['n', undefined] },
    ];
    const given = makeOnnxModel(scaled({ inputs, initializers: [weight, { ...scale, dims: [1, 1] }] }));
    expect(promoteOptionalInputs(given).defaults[0]?.shape).toEqual([1, 1]);
  });

  test.each([
    { name: 'it has none', model: scaled({ inputs: [{ name: 'x', shape: ['n', 2] }] }) },
    { name: 'its IR version lists every weight', model: scaled({ irVersion: 3 }) },
  ])('a model comes back as it is, when $name', ({ model }) => {
    const given = makeOnnxModel(model);
    const result = promoteOptionalInputs(given);
    expect(result).toEqual({ bytes: given, defaults: [], kept: [] });
    expect(result.bytes).toBe(given);
  });

  test.each<{ name: string; type?: { elemType?: number; shape?: number[] }; initializers?: TestTensor[]; want: RegExp }>([
    { name: 'lies in another file', initializers: [weight, { ...scale, external: { location: 'w.bin' } }], want: /"scale" lies in another file/ },
    { name: 'has another type', type: { elemType: INT64, shape: [1] }, want: /is of ONNX type 1, and the input of 7/ },
    { name: 'has a shape that the input does not take', type: { shape: [3] }, want: /has the shape \[1\], which the input does not take/ },
    { name: 'is there twice', initializers: [weight, scale, scale], want: /is there more than once/ },
    {
      name: 'is BF16',
      type: { elemType: BFLOAT16 },
      initializers: [weight, { ...scale, elemType: BFLOAT16 }],
      want: /type 16, which no client can send/,
    },
  ])('one whose default $name stays, with the reason', ({ type = { shape: [1] }, initializers = [weight, scale], want }) => {
    const given = makeOnnxModel(scaled({ inputs: [{ name: 'scale', ...type }], initializers }));
    const result = promoteOptionalInputs(given);
    expect(result.bytes).toBe(given);
    expect(result.kept).toEqual([{ name: 'scale', reason: expect.stringMatching(want) }]);
  });
});

describe('weights among the inputs', () => {
  const listed = (...tensors: TestTensor[]) => tensors.map(({ name, dims }) => ({ name, shape: dims }));
  const many = Array.from({ length: MAX_OPTIONAL + 1 }, (_, index) => ({ ...scale, name: `s${index}` }));
  const large: TestTensor = { name: 'large', dims: [MAX_PLAIN_BYTES / 4 + 1] };
  test.each([
    {
      name: 'all of a MatMul',
      initializers: [weight, scale],
      inputs: listed(weight, scale),
      want: /lists 2 of its 2 initializers .* "w" is a weight/,
    },
    { name: 'a large one', initializers: [scale, large], inputs: listed(large), want: /"large" is a weight/ },
    { name: 'more than anybody would send', initializers: many, inputs: listed(...many), want: /lists 17 initializers among its inputs/ },
  ])('stay: $name', ({ initializers, inputs, want }) => {
    const given = makeOnnxModel(scaled({ initializers, inputs }));
    const { bytes, defaults, kept } = promoteOptionalInputs(given);
    expect([bytes, defaults]).toEqual([given, []]);
    expect(kept.length).toBe(Math.min(inputs.length, 16));
    expect(kept[0]?.reason).toMatch(want);
  });

  test.each([
    { name: 'weights that most others are not listed with', initializers: [weight, scale, { ...scale, name: 'b' }], inputs: listed(weight) },
    { name: 'a small one that no operator learned', initializers: [scale], inputs: listed(scale) },
    { name: 'as many as are allowed', initializers: many.slice(1), inputs: listed(...many.slice(1)) },
  ])('do not mean: $name', ({ initializers, inputs }) => {
    const { defaults, kept } = promoteOptionalInputs(makeOnnxModel(scaled({ initializers, inputs })));
    expect([defaults.map(({ name }) => name), kept]).toEqual([inputs.map(({ name }) => name), []]);
  });
});

describe('for any model', () => {
  const tensor = fc.record({ isListed: fc.boolean(), dims: fc.array(fc.nat(4), { maxLength: 3 }) });

  test('what is read afterwards is what was read before, without the initializers that are defaults now', () => {
    fc.assert(
      fc.property(fc.array(tensor, { maxLength: 10 }), (tensors) => {
        const initializers = tensors.map(({ dims }, index) => ({ name: `t${index}`, dims }));
        const inputs = initializers.filter((_, index) => tensors[index]?.isListed).map(({ name, dims }) => ({ name, shape: dims }));
        const given = makeOnnxModel(scaled({ initializers, inputs }));
        const { bytes, defaults, kept } = promoteOptionalInputs(given);
        const names = new Set(defaults.map(({ name }) => name));
        const [before, after] = [readModel(given), readModel(bytes)];
        const rest = before.graph.initializers.filter(({ name }) => !names.has(name));
        expect(JSON.stringify({ ...after.graph, initializers: [] })).toBe(JSON.stringify({ ...before.graph, initializers: [] }));
        expect(after.graph.initializers).toEqual(rest);
        expect(defaults.length + kept.length).toBe(inputs.length);
        expect(promoteOptionalInputs(bytes).bytes).toBe(bytes);
      }),
      { seed: 20, numRuns: 300 },
    );
  });

  test('broken bytes are an OnnxFormatError and nothing else', () => {
    const good = makeOnnxModel(scaled());
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }), fc.nat(good.length), (changes, end) => {
        const bytes = Uint8Array.from(good);
        for (const [at, value] of changes) bytes[at] = value;
        for (const candidate of [bytes, good.subarray(0, end)]) {
          try {
            promoteOptionalInputs(candidate);
          } catch (error) {
            if (!(error instanceof OnnxFormatError)) throw error;
          }
        }
      }),
      { seed: 20, numRuns: 3000 },
    );
  });
});
