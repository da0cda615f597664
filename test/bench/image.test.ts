import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { IMAGE_ENV, IMAGE_FLAGS } from './image.js';

test('the image has what the benchmarks run with', () => {
  const containerfile = readFileSync('images/Containerfile', 'utf8');
  const values = Object.fromEntries([...containerfile.matchAll(/\b(MALLOC_\w+|NODE_OPTIONS)=(\S+)/g)].map(([, name, value]) => [name, value]));
  expect(values).toEqual({ ...IMAGE_ENV, NODE_OPTIONS: IMAGE_FLAGS.join(' ') });
});
