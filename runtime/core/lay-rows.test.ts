import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { joinBytesElements } from './bytes-elements.js';
import { countLaidBytes, layRows } from './lay-rows.js';
import { cutAxis, splitRows } from './split-rows.js';
import { countElements, type Tensor } from './tensor.js';

function makeTensor(shape: number[], first = 0): Tensor {
  const data = Uint8Array.from({ length: countElements(shape) * 2 }, (_, i) => (first + i) % 256);
  return { name: 'x', datatype: 'UINT16', shape, data };
}

function lay(shape: number[], axis: number, parts: Tensor[]): Tensor {
  const laid = { datatype: 'UINT16', shape, axis } as const;
  const data = new Uint8Array(countLaidBytes(laid, parts)).fill(0xee);
  layRows(data, laid, parts);
  return { name: 'x', datatype: 'UINT16', shape, data };
}

/** Element by element, the slow and obvious way. */
function layNaively(shape: number[], axis: number, parts: Tensor[]): number[] {
  const out = new Array<number>(countElements(shape)).fill(0);
  let row = 0;
  for (const part of parts) {
    const view = new Uint16Array(part.data.slice().buffer);
    for (let i = 0; i < view.length; i++) {
      let rest = i;
      let at = 0;
      let stride = 1;
      for (let d = shape.length - 1; d >= 0; d--) {
        const index = rest % (part.shape[d] ?? 1);
        rest = Math.floor(rest / (part.shape[d] ?? 1));
        at += (index + (d === axis ? row : 0)) * stride;
        stride *= shape[d] ?? 1;
      }
      out[at] = view[i] ?? -1;
    }
    row += part.shape[axis] ?? 0;
  }
  return out;
}

const partsArbitrary = fc
  .record({ rank: fc.integer({ min: 1, max: 4 }), pad: fc.boolean() })
  .chain(({ rank, pad }) =>
    fc.record({ axis: fc.nat(rank - 1), whole: fc.array(fc.nat(3), { minLength: rank, maxLength: rank }), pad: fc.constant(pad) }),
  )
  .chain(({ axis, whole, pad }) =>
    fc
      .array(fc.tuple(...whole.map((dim, i) => (i === axis ? fc.nat(3) : pad ? fc.nat(dim) : fc.constant(dim)))), { minLength: 1, maxLength: 5 })
      .map((shapes) => ({ axis, pad, whole, parts: shapes.map((shape, i) => makeTensor(shape, i * 40)) })),
  );

describe('layRows', () => {
  test.each([
    ['axis 0', [3, 2], 0, [makeTensor([1, 2]), makeTensor([2, 2], 4)], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]],
    ['axis 1', [2, 2], 1, [makeTensor([2, 1]), makeTensor([2, 1], 4)], [0, 1, 4, 5, 2, 3, 6, 7]],
    ['a shorter neighbour is padded with zeros', [2, 2], 0, [makeTensor([1, 1], 8), makeTensor([1, 2])], [8, 9, 0, 0, 0, 1, 2, 3]],
  ])('%s', (_name, shape, axis, parts, want) => {
    expect([...lay(shape, axis, parts).data]).toEqual(want);
  });

  test('is the same as element by element, for any axis, padding and dirty memory; splitting gives the rows back', () => {
    fc.assert(
      fc.property(partsArbitrary, fc.nat(2), ({ axis, whole, pad, parts }, spare) => {
        const rows = parts.map((part) => part.shape[axis] ?? 0);
        const total = rows.reduce((sum, count) => sum + count, 0);
        const shape = whole.map((dim, i) => (i === axis ? total + spare : dim));
        const laid = lay(shape, axis, parts);
        expect([...new Uint16Array(laid.data.buffer)]).toEqual(layNaively(shape, axis, parts));
        if (pad || spare > 0) return;
        expect(splitRows(laid, axis, rows)).toEqual(parts);
      }),
      { numRuns: 500 },
    );
  });

  test('refuses what does not fit', () => {
    expect(() => lay([1, 2], 0, [makeTensor([2, 2])])).toThrow('2 rows do not fit into [1,2] along axis 0');
    expect(() => lay([2, 1], 0, [makeTensor([1, 2])])).toThrow('Tensor "x" UINT16 [1,2] does not fit into UINT16 [2,1]');
  });

  test('BYTES lie end to end along axis 0, and come apart by their own lengths', () => {
    const makeBytes = (shape: number[], ...texts: string[]): Tensor => ({
      name: 's',
      datatype: 'BYTES',
      shape,
      data: new Uint8Array(joinBytesElements(texts.map((text) => Buffer.from(text)))),
    });
    const parts = [makeBytes([1, 2], 'a', ''), makeBytes([0, 2]), makeBytes([2, 2], 'bcd', 'e', 'f', 'gh')];
    const laid = { datatype: 'BYTES', shape: [3, 2], axis: 0 } as const;
    const data = new Uint8Array(countLaidBytes(laid, parts));
    layRows(data, laid, parts);
    expect(splitRows({ name: 's', datatype: 'BYTES', shape: [3, 2], data }, 0, [1, 0, 2])).toEqual(parts);
    expect(splitRows({ name: 's', datatype: 'BYTES', shape: [3, 2], data: data.subarray(0, 9) }, 0, [1, 0, 2])).toMatch(/ends inside|where its/);
    expect(() => layRows(data, { ...laid, axis: 1 }, [makeBytes([3, 2], '', '', '', '', '', '')])).toThrow('BYTES lie along axis 0');
  });
});

describe('splitRows', () => {
  test('along axis 0 it copies nothing', () => {
    const whole = makeTensor([3, 2]);
    const parts = splitRows(whole, 0, [1, 2]);
    expect(Array.isArray(parts) && parts.every((part) => part.data.buffer === whole.data.buffer)).toBe(true);
  });
  test.each([
    ['too few rows', [2, 2], 0, [1, 2], 'output "x" has shape [2,2] for a batch of 3 rows along axis 0'],
    ['no such axis', [], 0, [1], 'output "x" has shape [] for a batch of 1 rows along axis 0'],
  ])('%s', (_name, shape, axis, rows, want) => {
    expect(splitRows(makeTensor(shape), axis, rows)).toBe(want);
  });
  test('cutAxis takes the padding off again', () => {
    expect(cutAxis(makeTensor([2, 3, 1]), 1, 2)).toEqual({
      name: 'x',
      datatype: 'UINT16',
      shape: [2, 2, 1],
      data: Uint8Array.of(0, 1, 2, 3, 6, 7, 8, 9),
    });
    const whole = makeTensor([2, 3]);
    expect(cutAxis(whole, 1, 3)).toBe(whole);
  });
});
