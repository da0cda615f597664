import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { joinBytesElements, splitBytesElements } from './bytes-elements.js';

describe('BYTES elements', () => {
  test('the worked example', () => {
    expect([...joinBytesElements([Buffer.from('hi'), Buffer.from('')])]).toEqual([2, 0, 0, 0, 0x68, 0x69, 0, 0, 0, 0]);
  });
  test('come back as they went, from any offset', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), fc.nat(7), (elements, offset) => {
        const joined = joinBytesElements(elements);
        const moved = new Uint8Array(joined.byteLength + offset);
        moved.set(joined, offset);
        expect(splitBytesElements(moved.subarray(offset))).toEqual(elements);
      }),
    );
  });
  test('any bytes are split or refused with a sentence, never read beyond their end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (data) => {
        const split = splitBytesElements(data);
        if (typeof split === 'string') expect(split).toMatch(/^element \d+ /);
        else expect(joinBytesElements(split)).toEqual(data);
      }),
    );
  });
  test.each([
    ['length cut off', [1, 0], 'element 0 is cut off inside its 4-byte length'],
    ['element cut off', [1, 0, 0, 0, 65, 9, 0, 0, 0, 1], 'element 1 claims 9 bytes, but 1 follow'],
    ['largest length', [255, 255, 255, 255], 'element 0 claims 4294967295 bytes, but 0 follow'],
  ])('%s', (_name, bytes, want) => expect(splitBytesElements(Uint8Array.from(bytes))).toBe(want));
});
