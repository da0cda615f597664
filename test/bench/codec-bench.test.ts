import { expect, test } from '@jest/globals';
import { benchCodec } from './codec-bench.js';

test('every case gives figures', () => {
  const figures = benchCodec(0.1);
  expect(figures.map(({ name }) => name)).toEqual([
    'decode 600 KB raw',
    'decode 600 KB fp32_contents',
    'decode tiny MLP, 3 KB raw',
    'decode int64_contents of 640 tokens',
    'encode tiny MLP',
  ]);
  for (const { oursUs, protobufjsUs, ratio } of figures) expect(Math.min(oursUs, protobufjsUs, ratio)).toBeGreaterThan(0);
});
