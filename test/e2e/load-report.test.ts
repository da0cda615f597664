import { describe, expect, test } from '@jest/globals';
import { computeLoadReport, parseLoadReport } from './load-report.js';

describe('load report', () => {
  test('counts answers per version and failures per text', () => {
    expect(computeLoadReport([{ version: '1' }, { error: 'UNAVAILABLE' }, { version: '1' }, { version: '2' }])).toEqual({
      succeeded: 3,
      failed: 1,
      versions: { 1: 2, 2: 1 },
      errors: { UNAVAILABLE: 1 },
    });
  });
  test('comes back as it was printed', () => {
    const report = computeLoadReport([{ version: '1' }]);
    expect(parseLoadReport(JSON.stringify(report))).toEqual(report);
  });
  test.each(['{}', '3', 'null'])('%s is none', (line) => {
    expect(() => parseLoadReport(line)).toThrow('no report');
  });
});
