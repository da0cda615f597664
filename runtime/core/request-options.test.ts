import { describe, expect, test } from '@jest/globals';
import type { ParameterValue } from './parameters.js';
import { readRequestOptions } from './request-options.js';

const read = (parameters: Record<string, ParameterValue>) => readRequestOptions(new Map(Object.entries(parameters)));

describe('readRequestOptions', () => {
  const plain = { priority: 0, wantsFinalResponse: false };
  test.each<{ name: string; parameters: Record<string, ParameterValue>; want: object }>([
    { name: 'none', parameters: {}, want: plain },
    { name: "the client's own", parameters: { content_type: 'np', headers: true }, want: plain },
    { name: 'priority and timeout', parameters: { priority: 2n, timeout: 1500n }, want: { ...plain, priority: 2, timeoutSeconds: 0.0015 } },
    { name: 'from JSON', parameters: { priority: 1, timeout: 0 }, want: { ...plain, priority: 1 } },
    { name: 'final response', parameters: { triton_enable_empty_final_response: true }, want: { ...plain, wantsFinalResponse: true } },
    {
      name: 'sequence by number',
      parameters: { sequence_id: 7n, sequence_start: true },
      want: { ...plain, sequence: { id: 'n7', numericId: 7n, isStart: true, isEnd: false } },
    },
    {
      name: 'sequence by text',
      parameters: { sequence_id: '7', sequence_end: true },
      want: { ...plain, sequence: { id: 's7', isStart: false, isEnd: true } },
    },
    { name: 'sequence 0 is none', parameters: { sequence_id: 0n, sequence_start: false }, want: plain },
  ])('$name', ({ parameters, want }) => {
    expect(read(parameters)).toEqual(want);
  });

  test.each<{ name: string; parameters: Record<string, ParameterValue>; want: RegExp }>([
    { name: 'a reserved name', parameters: { triton_future: true }, want: /'triton_future' is reserved/ },
    { name: 'a negative priority', parameters: { priority: -1n }, want: /'priority' is -1: give an integer/ },
    { name: 'a timeout in words', parameters: { timeout: 'soon' }, want: /'timeout' is soon/ },
    { name: 'a start without a sequence', parameters: { sequence_start: true }, want: /need a 'sequence_id'/ },
    { name: 'an end that is no boolean', parameters: { sequence_id: 1n, sequence_end: 1n }, want: /'sequence_end' is 1: give true or false/ },
    { name: 'an id without end', parameters: { sequence_id: 'x'.repeat(129) }, want: /129 characters long/ },
  ])('refuses $name', ({ parameters, want }) => {
    expect(() => read(parameters)).toThrow(want);
  });
});
