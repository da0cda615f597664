import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseTraceParent } from './trace-context.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

describe('parseTraceParent', () => {
  test.each([
    { name: 'sampled', header: `00-${TRACE}-${SPAN}-01`, want: true },
    { name: 'not sampled', header: `00-${TRACE}-${SPAN}-00`, want: false },
    { name: 'other flags', header: `00-${TRACE}-${SPAN}-fe`, want: false },
    { name: 'a later version', header: `01-${TRACE}-${SPAN}-01`, want: true },
    { name: 'a later version with more', header: `cc-${TRACE}-${SPAN}-01-what-the-future`, want: true },
  ])('$name', ({ header, want }) => expect(parseTraceParent(header)).toEqual({ traceId: TRACE, spanId: SPAN, isSampled: want }));
  test.each([
    { name: 'none', header: undefined },
    { name: 'empty', header: '' },
    { name: 'version ff', header: `ff-${TRACE}-${SPAN}-01` },
    { name: 'version 00 with more', header: `00-${TRACE}-${SPAN}-01-x` },
    { name: 'upper case', header: `00-${TRACE.toUpperCase()}-${SPAN}-01` },
    { name: 'a trace of zeros', header: `00-${'0'.repeat(32)}-${SPAN}-01` },
    { name: 'a span of zeros', header: `00-${TRACE}-${'0'.repeat(16)}-01` },
    { name: 'a short trace', header: `00-${TRACE.slice(1)}-${SPAN}-01` },
    { name: 'two headers joined', header: `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01` },
    { name: 'a huge header', header: `01-${TRACE}-${SPAN}-01-${'x'.repeat(300)}` },
  ])('$name is no context', ({ header }) => expect(parseTraceParent(header)).toBeUndefined());
  test('any text is read or refused, never thrown at', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 80 }), (text) => {
        const parsed = parseTraceParent(text);
        return parsed === undefined || text.includes(parsed.traceId);
      }),
      { seed: 4 },
    );
  });
});
