import { expect, test } from '@jest/globals';
import { formatBytes, type Progress, ProgressMeter } from './progress.js';

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1536, '1.5 KiB'],
  [314_572_800, '300.0 MiB'],
  [5 * 2 ** 40, '5.0 TiB'],
  [5000 * 2 ** 40, '5000.0 TiB'],
])('%i is %s', (bytes, want) => expect(formatBytes(bytes)).toBe(want));

test('tells once a second, with percent where the whole is known, and counts again what came again', () => {
  let now = 0;
  const told: Progress[] = [];
  const meter = new ProgressMeter(
    () => now,
    (progress) => told.push(progress),
  );
  meter.update(100, 400);
  now = 1000;
  meter.update(200, 400);
  now = 1500;
  meter.update(300, 400);
  now = 2000;
  meter.update(0, undefined); // begun anew
  meter.update(200, undefined);
  now = 3000;
  meter.update(200, undefined);
  expect(told).toEqual([
    { bytes: 200, totalBytes: 400, percent: 50, bytesPerSecond: 200 },
    { bytes: 0, bytesPerSecond: 150 },
    { bytes: 200, bytesPerSecond: 167 },
  ]);
});
