import { expect, test } from '@jest/globals';
import { expandEnv } from './expand-env.js';

test.each<{ name: string; value: string; want: string }>([
  { name: 'a variable before', value: '$(A)/x', want: 'a/x' },
  { name: 'one that every container has', value: 'x,$(HOST)', want: 'x,10.0.0.1' },
  { name: 'one that comes later', value: '$(Z)', want: '$(Z)' },
  { name: 'one that nobody knows', value: '$(NOBODY)', want: '$(NOBODY)' },
  { name: 'an escaped one', value: '$$(A)', want: '$(A)' },
  { name: 'a lone dollar', value: 'a$b', want: 'a$b' },
])('$name', ({ value, want }) => {
  const entries = [
    { name: 'A', value: 'a' },
    { name: 'FROM_ELSEWHERE', value: undefined },
    { name: 'X', value },
    { name: 'Z', value: 'z' },
  ];
  expect(expandEnv(entries, { HOST: '10.0.0.1' })).toEqual({ A: 'a', X: want, Z: 'z' });
});
