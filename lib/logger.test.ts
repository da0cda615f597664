import { describe, expect, test } from '@jest/globals';
import { describeError, formatText } from './logger.js';

describe('a line for a person', () => {
  test.each([
    [{ level: 'info', message: 'Listened', logger: 'runtime', grpcPort: 8001 }, 'info   Listened  grpcPort=8001'],
    [{ level: 'error', message: 'Ended', logger: 'runtime', reason: 'no such file' }, 'error  Ended  reason=no such file'],
    [{ level: 'warn', message: 'Skipped', logger: 'runtime', shape: [1, 3] }, 'warn   Skipped  shape=[1,3]'],
  ])('%j', (info, wantLine) => {
    expect(formatText(info)).toBe(wantLine);
  });
});

test('an error tells its causes once', () => {
  const cause = new Error('connection refused');
  expect(describeError(new Error('Could not fetch', { cause }))).toBe('Could not fetch: connection refused');
  expect(describeError(new Error('Could not fetch: connection refused', { cause }))).toBe('Could not fetch: connection refused');
});
