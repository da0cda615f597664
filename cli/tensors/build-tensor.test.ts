/** What people give → what is sent. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DATATYPES, type Datatype } from '../../runtime/core/datatype.js';
import { buildTensor, type InputSource } from './build-tensor.js';
import { fitShape } from './fit-shape.js';
import { formatNpy, parseNpy } from './npy.js';
import { readElements } from './read-elements.js';

function build(datatype: string, shape: number[], source: InputSource | string, given?: number[]): [readonly number[], unknown[]] {
  const tensor = buildTensor({ name: 'x', datatype, shape }, typeof source === 'string' ? { text: source } : source, given);
  return [tensor.shape, readElements(tensor)];
}

function npy(descr: string, shape: string, data: Buffer, order = 'False'): Buffer {
  const header = Buffer.from(`{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }\n`);
  return Buffer.concat([Buffer.from('\u0093NUMPY\u0001\u0000', 'latin1'), Buffer.from([header.length, 0]), header, data]);
}

describe('values', () => {
  test.each<[string, string, number[], InputSource | string, readonly number[], unknown[]]>([
    ['nested as the shape', 'FP32', [-1, 2], '[[1,2],[3,4]]', [2, 2], [1, 2, 3, 4]],
    ['flat rows', 'FP32', [-1, 2], '[1,2,3,4]', [2, 2], [1, 2, 3, 4]],
    ['one row without its batch axis', 'INT32', [-1, 3], '[1,2,3]', [1, 3], [1, 2, 3]],
    ['a scalar', 'FP64', [], '0.5', [], [0.5]],
    ['one number for one element', 'FP64', [1], '0.5', [1], [0.5]],
    ['64 bits', 'INT64', [-1], '[9007199254740993]', [1], [9007199254740993n]],
    ['half', 'FP16', [2], '[0.1,65504]', [2], [0.0999755859375, 65504]],
    ['truth', 'BOOL', [-1], '[true,false]', [2], [true, false]],
    ['a text', 'BYTES', [-1], 'hello = world', [1], ['hello = world']],
    ['a number for a model of texts', 'BYTES', [1, 1], '5', [1, 1], ['5']],
    ['texts', 'BYTES', [-1, 1], '["a","b"]', [2, 1], ['a', 'b']],
    ['the word zeros', 'UINT8', [-1, 2], 'zeros', [1, 2], [0, 0]],
    ['the word ones is a text for texts', 'BYTES', [-1], 'ones', [1], ['ones']],
    ['lines', 'BYTES', [-1], { path: 'a.txt', bytes: Buffer.from('a\r\nb\n') }, [2], ['a', 'b']],
    ['a whole file', 'BYTES', [1], { path: 'a', bytes: Buffer.from('a\nb') }, [1], ['a\nb']],
    ['raw bytes', 'INT16', [-1, 2], { path: 'a.bin', bytes: Buffer.from([1, 0, 2, 0, 3, 0, 255, 255]) }, [2, 2], [1, 2, 3, -1]],
    ['json file', 'INT8', [2], { path: 'a.JSON', bytes: Buffer.from('[1, -1]\n') }, [2], [1, -1]],
    ['npy', 'UINT8', [-1, 2], { path: 'a.npy', bytes: npy('|u1', '(1, 2)', Buffer.from([7, 8])) }, [1, 2], [7, 8]],
    [
      'npy of texts',
      'BYTES',
      [-1],
      { path: 'a.npy', bytes: npy('<U2', '(2,)', Buffer.from(Uint32Array.of(0xe9, 0, 0x62, 0).buffer)) },
      [2],
      ['é', 'b'],
    ],
  ])('%s', (_name, datatype, shape, source, wantShape, want) => expect(build(datatype, shape, source)).toEqual([wantShape, want]));
  test('--shape decides, and -1 in it is the rest', () => {
    expect(build('UINT8', [-1, -1], '[1,2,3,4]', [2, -1])).toEqual([
      [2, 2],
      [1, 2, 3, 4],
    ]);
    expect(build('UINT8', [-1, -1], 'ones', [1, 3])).toEqual([
      [1, 3],
      [1, 1, 1],
    ]);
  });
});

describe('refusals name the flag and the fix', () => {
  test.each<[string, string, number[], InputSource | string, string]>([
    ['ragged', 'FP32', [-1, 2], '[[1,2],[3]]', '--input x is ragged: its lists have different lengths'],
    ['too deep in one place', 'FP32', [-1], '[1,[2]]', '--input x is ragged'],
    ['not JSON', 'FP32', [-1], 'x.npy', '--input x: it is not JSON'],
    ['no number', 'FP32', [-1], '["a"]', "--input x: element 0 of input 'x' is no FP32: give a number"],
    ['beyond FP16', 'FP16', [-1], '[70000]', '--input x: element 0 is no FP16: give a number from -65504 to 65504'],
    ['odd count', 'FP32', [-1, 2], '[1,2,3]', '--input x has 3 elements, and the model takes [-1,2], which holds a multiple of 2'],
    ['lengths that make up for each other', 'FP32', [-1, 2], '[[1,2],[3],[4,5,6]]', '--input x is ragged'],
    ['three free axes', 'FP32', [-1, -1, -1], '[1,2,3]', 'which has 3 free dimensions: say which with --shape x=1,1,1'],
    ['odd bytes', 'FP32', [-1], { path: 'a.bin', bytes: Buffer.alloc(6) }, '--input x=@a.bin has 6 bytes, no multiple of the 4 of a FP32'],
    ['text file', 'FP32', [-1], { path: 'a.txt', bytes: Buffer.alloc(6) }, 'is text, and the model takes FP32'],
    [
      'another type',
      'FP32',
      [-1],
      { path: 'a.npy', bytes: npy('<f8', '(1,)', Buffer.alloc(8)) },
      'holds FP64, and the model takes FP32: convert it, as with array.astype("float32")',
    ],
    ['Fortran', 'FP32', [-1, 2], { path: 'a.npy', bytes: npy('<f4', '(1, 2)', Buffer.alloc(8), 'True') }, 'np.ascontiguousarray'],
    ['big-endian', 'FP32', [-1], { path: 'a.npy', bytes: npy('>f4', '(1,)', Buffer.alloc(4)) }, 'holds elements of >f4'],
    [
      'cut off',
      'FP32',
      [-1],
      { path: 'a.npy', bytes: npy('<f4', '(2,)', Buffer.alloc(4)) },
      'has 4 bytes of elements, where its shape (2) of <f4 needs 8',
    ],
    ['no npy', 'FP32', [-1], { path: 'a.npy', bytes: Buffer.from('hello') }, 'is no .npy file'],
    ['a datatype of others', 'BF16', [-1], '[1]', 'Input x is BF16, which this command cannot make'],
  ])('%s', (_name, datatype, shape, source, words) => expect(() => build(datatype, shape, source)).toThrow(words));
});

test('what .npy files can hold comes back bit for bit', () => {
  const datatypes = Object.keys(DATATYPES).filter((name): name is Datatype => name !== 'BYTES');
  fc.assert(
    fc.property(fc.constantFrom(...datatypes), fc.array(fc.nat(4), { maxLength: 4 }), fc.infiniteStream(fc.nat(255)), (datatype, shape, bytes) => {
      const size = shape.reduce((product, dimension) => product * dimension, DATATYPES[datatype].size ?? 1);
      const data = Uint8Array.from({ length: size }, () => Number(bytes.next().value));
      const file = formatNpy({ datatype, shape, data });
      expect(file.indexOf('\n') % 64).toBe(63); // elements begin at a multiple of 64, as NumPy has it
      const back = parseNpy(file);
      expect([back.datatype, back.shape, Buffer.from(back.data)]).toEqual([datatype, shape, Buffer.from(data)]);
    }),
    { seed: 11, numRuns: 300 },
  );
});

test('a fitted shape holds what was given, or is refused', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1, max: 3 }), { maxLength: 4 }), fc.array(fc.nat(3), { maxLength: 4 }), (want, found) => {
      const count = found.reduce((product, dimension) => product * dimension, 1);
      try {
        const shape = fitShape({ name: 'x', want, found, count, given: undefined });
        expect(shape.length).toBe(want.length);
        expect(shape.reduce((product, dimension) => product * dimension, 1)).toBe(count);
      } catch (error) {
        expect(String(error)).toContain('--input x has');
      }
    }),
    { seed: 5, numRuns: 1000 },
  );
});
