import { expect, test } from '@jest/globals';
import { type BuildFolder, planPrune } from './binaries-prune.js';

const NOW = 1_000_000_000_000;
const HOUR = 3_600_000;
const folder = (name: string, idleHours: number): BuildFolder => ({ name, usedAtMs: NOW - idleHours * HOUR });

test.each<[string, { folders: BuildFolder[]; current?: string[]; want: string[] }]>([
  ['the current one is kept however old its time is', { folders: [folder('kubebox-a', 900)], current: ['kubebox-a'], want: [] }],
  ['used today by another working copy: kept', { folders: [folder('kubebox-a', 0), folder('kubebox-b', 23)], current: ['kubebox-a'], want: [] }],
  ['not used for a day: goes', { folders: [folder('kubebox-a', 0), folder('kubebox-b', 24)], current: ['kubebox-a'], want: ['kubebox-b'] }],
  [
    'three older ones of a module are enough for a day of changes',
    { folders: [2, 3, 4, 5, 6].map((hours) => folder(`nodebox-${hours}`, hours)), want: ['nodebox-5', 'nodebox-6'] },
  ],
  [
    'but whoever got one in the last hour may be starting it',
    { folders: [0.1, 0.2, 0.3, 0.4, 0.5].map((hours) => folder(`nodebox-${hours}`, hours)), want: [] },
  ],
  ['modules do not push each other out', { folders: ['a', 'b', 'c', 'd'].map((module) => folder(`${module}-1`, 5)), want: [] }],
  ['a build that was killed goes', { folders: [folder('kubebox-a.123.partial', 2)], want: ['kubebox-a.123.partial'] }],
  ['a build that goes on stays', { folders: [folder('kubebox-a.123.partial', 0.5)], want: [] }],
])('%s', (_, { folders, current, want }) => {
  expect(planPrune(folders, new Set(current), NOW)).toEqual(want);
});
