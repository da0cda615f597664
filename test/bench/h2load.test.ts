import { describe, expect, test } from '@jest/globals';
import { parseH2load, parseLatencies } from './h2load.js';

const OUTPUT = `starting benchmark...
finished in 2.00s, 12345.50 req/s, 1.20MB/s
requests: 24700 total, 24764 started, 24700 done, 24690 succeeded, 10 failed, 10 errored, 0 timeout
status codes: 24700 2xx, 0 3xx, 0 4xx, 10 5xx
traffic: 2.40MB (2516582) total, 482.42KB (494000) headers (space savings 90.00%), 1.62MB (1700000) data
`;

describe('parseH2load', () => {
  test('reads what ended well, what did not, and the bytes of answers', () =>
    expect(parseH2load(OUTPUT)).toEqual({ done: 24690, bad: 10, seconds: 2, dataBytes: 1700000 }));
  test('knows other units', () => expect(parseH2load(OUTPUT.replace('2.00s', '850.5ms')).seconds).toBeCloseTo(0.8505));
  test('refuses other text', () => expect(() => parseH2load('no')).toThrow('unknown: no'));
});

test('latencies are those of successes after the warm-up, ascending', () => {
  const log = '1000000\t200\t900\n1600000\t200\t3000\n1700000\t500\t10\n1800000\t200\t1000\n';
  expect(parseLatencies(log, 0.5)).toEqual([1, 3]);
});
