import { describe, expect, test } from '@jest/globals';
import { LoadCounter, parseLoadReport } from './load-report.js';

describe('load report', () => {
  test('counts answers per version and failures per text', () => {
    const counter = new LoadCounter();
    for (const version of ['1', '1', '2']) counter.succeeded(version);
    counter.failed('UNAVAILABLE');
    expect(counter.report()).toEqual({ succeeded: 3, failed: 1, versions: { 1: 2, 2: 1 }, errors: { UNAVAILABLE: 1 } });
  });
  test('comes back as it was printed', () => {
    const report = new LoadCounter().report();
    expect(parseLoadReport(JSON.stringify(report))).toEqual(report);
  });
  test.each(['{}', '3', 'null'])('%s is none', (line) => {
    expect(() => parseLoadReport(line)).toThrow('no report');
  });
});
