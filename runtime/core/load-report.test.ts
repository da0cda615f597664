import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readLoadReport } from '../../test/runtime/orca.js';
import { encodeLoadReport, formatLoadReport, type LoadReport } from './load-report.js';

const REPORT: LoadReport = {
  cpuUtilization: 0.5,
  memoryUtilization: 0.25,
  applicationUtilization: 1.5,
  requestsPerSecond: 1234.5,
  errorsPerSecond: 0,
  named: { pending_requests: 3, pending_rows: 12 },
};

describe('encodeLoadReport', () => {
  test('is what another protobuf library reads', () => {
    const number = fc.double({ min: 0, max: 1e6, noNaN: true });
    const report = fc.record({
      cpuUtilization: number,
      memoryUtilization: number,
      applicationUtilization: number,
      requestsPerSecond: number,
      errorsPerSecond: number,
      named: fc.dictionary(fc.stringMatching(/^[a-z_]{1,90}$/), number, { maxKeys: 4, noNullPrototype: true }),
    });
    fc.assert(
      fc.property(report, (each) => {
        expect(readLoadReport(encodeLoadReport(each))).toMatchObject({
          cpuUtilization: each.cpuUtilization,
          memUtilization: each.memoryUtilization,
          applicationUtilization: each.applicationUtilization,
          rpsFractional: each.requestsPerSecond,
          eps: each.errorsPerSecond,
          namedMetrics: each.named,
        });
      }),
      { seed: 51 },
    );
  });
});

describe('formatLoadReport', () => {
  const values = 'cpu_utilization=0.5, mem_utilization=0.25, rps_fractional=1234.5, eps=0, application_utilization=1.5';
  test('text', () => {
    expect(formatLoadReport(REPORT, 'text')).toBe(`TEXT ${values}, named_metrics.pending_requests=3, named_metrics.pending_rows=12`);
  });
  test('JSON', () => {
    const text = formatLoadReport(REPORT, ' JSON') ?? '';
    expect(JSON.parse(text.slice('JSON '.length))).toMatchObject({ cpu_utilization: 0.5, named_metrics: { pending_requests: 3, pending_rows: 12 } });
  });
  test('another format is none', () => expect(formatLoadReport(REPORT, 'xml')).toBeUndefined());
});
