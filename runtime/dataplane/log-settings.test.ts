import { describe, expect, test } from '@jest/globals';
import { type LogLevelControl, LogSettings, type SettingValue } from './log-settings.js';

describe('LogSettings', () => {
  test.each<{ changes: Record<string, SettingValue>; want: LogLevelControl['level'] }>([
    { changes: {}, want: 'info' },
    { changes: { log_verbose_level: 1 }, want: 'debug' },
    { changes: { log_info: false }, want: 'warn' },
    { changes: { log_info: false, log_warning: false }, want: 'error' },
    { changes: { log_file: '', log_error: true, log_format: 'ISO8601' }, want: 'info' },
  ])('$changes is level $want, and reads back', ({ changes, want }) => {
    const control: LogLevelControl = { level: 'info' };
    const settings = new LogSettings(control);
    settings.change(new Map(Object.entries(changes)));
    expect(control.level).toBe(want);
    expect(settings.read()).toMatchObject(changes);
  });
  test.each<{ changes: Record<string, SettingValue>; want: RegExp }>([
    { changes: { log_file: '/tmp/x' }, want: /'log_file' cannot be changed/ },
    { changes: { log_format: 'default' }, want: /'log_format' cannot be changed/ },
    { changes: { log_error: false }, want: /'log_error' cannot be false/ },
    { changes: { log_warning: false }, want: /switch log_info off too/ },
    { changes: { log_info: 'no' }, want: /'log_info' is no: give a boolean/ },
    { changes: { log_everything: true }, want: /'log_everything' is not known: there are log_error, / },
    { changes: { log_verbose_level: 1, log_file: 'x' }, want: /log_file/ },
  ])('$changes is refused and changes nothing', ({ changes, want }) => {
    const control: LogLevelControl = { level: 'info' };
    expect(() => new LogSettings(control).change(new Map(Object.entries(changes)))).toThrow(want);
    expect(control.level).toBe('info');
  });
});
