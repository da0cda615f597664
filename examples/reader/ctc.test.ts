import { describe, expect, test } from '@jest/globals';
import { decodeCtc, parseAlphabet } from './ctc.js';

const alphabet = parseAlphabet('a\nb\n');

function rows(...classes: number[]): Float32Array {
  return Float32Array.from(classes.flatMap((best) => [0, 1, 2, 3].map((index) => (index === best ? 0.9 : 0.02))));
}

describe('decodeCtc', () => {
  test.each([
    ['repeats collapse and a blank separates', rows(1, 1, 0, 1, 2), 'aab'],
    ['the last class is the space', rows(1, 3, 2), 'a b'],
    ['only blanks read as nothing', rows(0, 0), ''],
  ])('%s', (_name, probabilities, wantText) => {
    expect(decodeCtc(probabilities, 4, alphabet).text).toBe(wantText);
  });
  test('confidence is the mean over kept characters', () => {
    expect(decodeCtc(rows(0, 1, 2), 4, alphabet).confidence).toBeCloseTo(0.9);
    expect(decodeCtc(rows(0), 4, alphabet).confidence).toBe(0);
  });
});
