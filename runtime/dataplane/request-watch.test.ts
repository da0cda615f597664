import { describe, expect, test } from '@jest/globals';
import type { TraceParent } from '../core/trace-context.js';
import { type EndedRequest, RequestWatch, UNWATCHED } from './request-watch.js';
import { TraceSettings } from './trace-settings.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SAMPLED = `00-${TRACE}-00f067aa0ba902b7-01`;
const UNSAMPLED = `00-${TRACE}-00f067aa0ba902b7-00`;

function make(rate: string | undefined, isLogOn = false) {
  const traced: (TraceParent | undefined)[] = [];
  const logged: EndedRequest[] = [];
  const settings = new TraceSettings();
  if (rate !== undefined) settings.change('', new Map(Object.entries({ trace_level: ['TIMESTAMPS'], trace_rate: [rate] })));
  let seconds = 5;
  const watch = new RequestWatch({
    settings,
    tracer: { trace: (_request, parent) => traced.push(parent) },
    log: { isOn: isLogOn, write: (request) => logged.push(request) },
    monotonicSeconds: () => seconds++,
  });
  const ask = (traceParent?: string): void => {
    const record = watch.begin({ method: '/s/M', peer: '', traceParent, traceState: undefined, id: undefined });
    record.asked('m', '', '');
    watch.end(record, 'OK');
  };
  return { watch, traced, logged, ask };
}

describe('RequestWatch', () => {
  test.each([
    { name: 'nobody', watch: UNWATCHED, want: false },
    { name: 'no trace and no log', watch: make(undefined).watch, want: false },
    { name: 'traces', watch: make('1').watch, want: true },
    { name: 'a log', watch: make(undefined, true).watch, want: true },
  ])('is on for $name: $want', ({ watch, want }) => expect(watch.isOn).toBe(want));
  test('a request without context is traced at the rate', () => {
    const { ask, traced } = make('4');
    for (let left = 8; left > 0; left--) ask();
    expect(traced).toEqual([undefined, undefined]);
  });
  test('the flag of a caller is honoured, either way', () => {
    const { ask, traced } = make('1000');
    ask(SAMPLED);
    expect(traced).toEqual([{ traceId: TRACE, spanId: '00f067aa0ba902b7', isSampled: true }]);
    const every = make('1');
    every.ask(UNSAMPLED);
    expect(every.traced).toEqual([]);
    every.ask('malformed');
    expect(every.traced).toEqual([undefined]);
  });
  test('the log has every request, with its times', () => {
    const { ask, logged, traced } = make(undefined, true);
    ask(SAMPLED);
    expect(logged).toMatchObject([{ code: 'OK', endedSeconds: 6, record: { startedSeconds: 5, model: 'm' } }]);
    expect(traced).toEqual([]);
  });
});
