import { describe, expect, test } from '@jest/globals';
import { TraceSettings } from './trace-settings.js';

function make(changes: Record<string, string[]>, model = ''): TraceSettings {
  const settings = new TraceSettings();
  settings.change(model, new Map(Object.entries(changes)));
  return settings;
}
const count = (settings: TraceSettings, model: string, requests: number): number =>
  Array.from({ length: requests }, () => settings.shouldTrace(model, false)).filter(Boolean).length;

describe('TraceSettings', () => {
  test('nothing is traced at first', () => {
    const settings = new TraceSettings();
    expect([settings.isOn, count(settings, 'm', 2000), settings.read('').trace_level]).toEqual([false, 0, ['OFF']]);
  });
  test('one of trace_rate is, until trace_count are', () => {
    const settings = make({ trace_level: ['TIMESTAMPS'], trace_rate: ['4'], trace_count: ['3'] });
    expect(count(settings, 'm', 100)).toBe(3);
    expect(settings.read('m').trace_count).toEqual(['0']);
  });
  test('what the caller samples is traced at any rate, and never when tracing is off', () => {
    expect(make({ trace_level: ['TIMESTAMPS'] }).shouldTrace('m', true)).toBe(true);
    expect(make({ trace_level: ['OFF'] }).shouldTrace('m', true)).toBe(false);
  });
  test('a model has its own settings until they are cleared', () => {
    const settings = make({ trace_level: ['TIMESTAMPS'], trace_rate: ['2'] }, 'm');
    expect([count(settings, 'm', 10), count(settings, 'other', 10)]).toEqual([5, 0]);
    settings.change('m', new Map([['trace_level', []]]));
    expect([settings.isOn, settings.read('m').trace_level, settings.read('m').trace_rate]).toEqual([false, ['OFF'], ['2']]);
  });
  test.each<{ changes: Record<string, string[]>; want: RegExp }>([
    { changes: { trace_level: ['TENSORS'] }, want: /tensors never leave the process/ },
    { changes: { trace_level: ['ALL'] }, want: /'trace_level' is ALL: give OFF or TIMESTAMPS/ },
    { changes: { trace_rate: ['0'] }, want: /'trace_rate' is 0: give a whole number of at least 1/ },
    { changes: { trace_file: ['/etc/passwd'] }, want: /'trace_file' cannot be changed/ },
    { changes: { trace_mode: ['triton'] }, want: /give opentelemetry/ },
    { changes: { other: ['1'] }, want: /'other' is not known: there are trace_level,/ },
    { changes: { trace_level: ['TIMESTAMPS'], trace_count: ['x'] }, want: /'trace_count' is x/ },
  ])('$changes is refused and changes nothing', ({ changes, want }) => {
    const settings = new TraceSettings();
    expect(() => settings.change('', new Map(Object.entries(changes)))).toThrow(want);
    expect(settings.read('').trace_level).toEqual(['OFF']);
  });
});
