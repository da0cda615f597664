import { expect, test } from '@jest/globals';
import { type CreateFigures, noResults } from './figures.js';
import { renderControlLoop } from './report.js';
import { checkControlLoop } from './targets.js';

const SIZES = { small: 100, large: 500, most: 1000 };
const CREATE: CreateFigures = {
  ...{ title: '100 models × 2', count: 100, podsEach: 2, namespaces: 20, seconds: 12, plainSeconds: 10, concurrency: 4 },
  ...{ writes: { deployments: 300, services: 800 }, reconciles: 900, requests: 2000, cpuSeconds: 3, peakMb: 200, maxQueue: 96 },
};

test('what was not measured says so, and nothing of it is met', () => {
  const verdicts = new Set(checkControlLoop(noResults(), SIZES).map(({ verdict }) => verdict));
  expect([...verdicts]).toEqual(['not measured']);
});

test('lines are held against the figures of their size', () => {
  const results = { ...noResults(), creates: [CREATE, { ...CREATE, count: 500, seconds: 1 }] };
  const [ratio, writes] = checkControlLoop(results, SIZES);
  expect(ratio).toMatchObject({ value: 1.2, verdict: 'met' });
  expect(writes).toMatchObject({ value: 11, verdict: 'not met' });
});

test('a table of what was measured, and dashes for the rest', () => {
  const results = { ...noResults(), creates: [CREATE, { ...CREATE, title: 'alone', plainSeconds: Number.NaN }] };
  const text = renderControlLoop(results, checkControlLoop(results, SIZES));
  expect(text).toContain('100 models × 2, 20 namespaces');
  expect(text).toMatch(/\| alone, 20 namespaces +\| +12\.0 \| +– \|/);
});
