import { expect, test } from '@jest/globals';
import { collectTree, parseStat, readTreeCpuSeconds, readTreeRssBytes } from './proc.js';

test('fields are counted from 1, and a name may hold spaces and brackets', () => {
  const text = '42 (a b) c) S 7 42 42 0 -1 4194560 1 2 3 4 11 12 13 14 20 0 1 0';
  expect([parseStat(text, [4]), parseStat(text, [14, 15]), parseStat(text, [16, 17])]).toEqual([7, 23, 27]);
});

test('a tree has children of children and nobody else', () => {
  const rows = [
    { pid: 2, parent: 1 },
    { pid: 3, parent: 2 },
    { pid: 4, parent: 9 },
  ];
  expect(collectTree(1, rows)).toEqual([1, 2, 3]);
});

test('this process has used CPU, memory and threads', () => {
  expect(readTreeCpuSeconds(process.pid)).toBeGreaterThan(0);
  expect(readTreeRssBytes(process.pid)).toBeGreaterThan(1e7);
});
