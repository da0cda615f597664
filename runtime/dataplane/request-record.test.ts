import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cleanText, RequestRecord } from './request-record.js';

const START = { method: '/s/M', peer: '127.0.0.1:1', traceParent: undefined, traceState: undefined, id: undefined };
const run = { inputSeconds: 0.5, inferenceSeconds: 2.5, outputSeconds: 0.25 };

describe('RequestRecord', () => {
  test('its phases follow one another', () => {
    const record = new RequestRecord(START, 9);
    record.ran({ rows: 2, batchRows: 8, submittedSeconds: 10, answeredSeconds: 15.25, queueSeconds: 2, run });
    record.encoded(15.5, 15.75, 100);
    expect(record.phases()).toEqual([
      { name: 'queue', startSeconds: 10, endSeconds: 12 },
      { name: 'batch', startSeconds: 12, endSeconds: 12.5 },
      { name: 'compute', startSeconds: 12.5, endSeconds: 15 },
      { name: 'encode', startSeconds: 15.5, endSeconds: 15.75 },
    ]);
    expect([record.rows, record.batchRows, record.responseBytes]).toEqual([2, 8, 100]);
  });
  test('an answer from memory has no run', () => {
    const record = new RequestRecord(START, 9);
    record.ran({ rows: 2, submittedSeconds: 10, answeredSeconds: 10, queueSeconds: 0 });
    expect([record.phases(), record.batchRows]).toEqual([[], 0]);
  });
  test('whatever was measured, no phase ends before it begins or after the answer', () => {
    const seconds = fc.double({ min: 0, max: 10, noNaN: true });
    fc.assert(
      fc.property(seconds, seconds, seconds, seconds, (queueSeconds, inputSeconds, inferenceSeconds, whole) => {
        const record = new RequestRecord(START, 0);
        const answeredSeconds = 100 + whole;
        record.ran({ rows: 1, submittedSeconds: 100, answeredSeconds, queueSeconds, run: { inputSeconds, inferenceSeconds, outputSeconds: 0 } });
        let at = 100;
        for (const { startSeconds, endSeconds } of record.phases()) {
          expect(startSeconds).toBe(at);
          expect(endSeconds).toBeGreaterThanOrEqual(startSeconds);
          at = endSeconds;
        }
        expect(at).toBeLessThanOrEqual(answeredSeconds);
      }),
      { seed: 7 },
    );
  });
  test.each([
    { header: 'a', message: 'b', want: 'a' },
    { header: undefined, message: 'b', want: 'b' },
    { header: undefined, message: '', want: '' },
  ])('the id of header $header and message $message is $want', ({ header, message, want }) => {
    const record = new RequestRecord({ ...START, id: header }, 0);
    record.asked('m', '', message);
    expect(record.id).toBe(want);
  });
  test('text of a client is short and moves no cursor', () => {
    expect(cleanText('a\nb\u001b[2J\u0007')).toBe('a?b?[2J?');
    expect(cleanText('x'.repeat(500))).toHaveLength(128);
    expect(cleanText(`${'x'.repeat(127)}\u{1f600}`).isWellFormed()).toBe(true);
  });
});
