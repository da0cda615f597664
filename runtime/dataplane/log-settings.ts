/**
 * Triton's log settings over the process's one log level. What it names by a switch for each level is a threshold here, so
 * that switching errors off without switching off what lies below is refused. A file that a client names is never written.
 * Source: triton server docs/protocol/extension_logging.md.
 */
import { invalidArgument } from '../core/inference-error.js';

export type SettingValue = boolean | number | string;

export interface LogLevelControl {
  level: 'debug' | 'info' | 'warn' | 'error';
}

const KNOWN = ['log_error', 'log_file', 'log_format', 'log_info', 'log_verbose_level', 'log_warning'] as const;

export class LogSettings {
  constructor(readonly control: LogLevelControl) {}

  read(): Record<(typeof KNOWN)[number], SettingValue> {
    const { level } = this.control;
    return {
      log_file: '',
      log_info: level === 'debug' || level === 'info',
      log_warning: level !== 'error',
      log_error: true,
      log_verbose_level: level === 'debug' ? 1 : 0,
      log_format: 'ISO8601',
    };
  }

  /** All of `changes` or, when one is refused, none. Throws InferenceError(INVALID_ARGUMENT), which names the setting. */
  change(changes: ReadonlyMap<string, SettingValue>): void {
    const next = { ...this.read() };
    for (const [name, value] of changes) {
      const key = KNOWN.find((known) => known === name);
      if (key === undefined) throw invalidArgument(`log setting '${name.slice(0, 64)}' is not known: there are ${KNOWN.join(', ')}`);
      if (typeof value !== typeof next[key])
        throw invalidArgument(`log setting '${key}' is ${String(value).slice(0, 64)}: give a ${describe(next[key])}`);
      next[key] = value;
    }
    this.control.level = this.#pickLevel(next);
  }

  #pickLevel(next: Record<(typeof KNOWN)[number], SettingValue>): LogLevelControl['level'] {
    if (next.log_file !== '') throw invalidArgument("log setting 'log_file' cannot be changed: the log goes to standard output");
    if (next.log_format !== 'ISO8601') throw invalidArgument("log setting 'log_format' cannot be changed: lines are JSON with ISO 8601 times");
    if (next.log_error === false) throw invalidArgument("log setting 'log_error' cannot be false: errors are always logged");
    if (Number(next.log_verbose_level) > 0 && next.log_info === true && next.log_warning === true) return 'debug';
    if (next.log_info === true && next.log_warning === true) return 'info';
    if (next.log_info === true) throw invalidArgument("log setting 'log_warning' cannot be false while 'log_info' is true: switch log_info off too");
    return next.log_warning === true ? 'warn' : 'error';
  }
}

function describe(value: SettingValue): string {
  if (typeof value === 'boolean') return 'boolean';
  return typeof value === 'number' ? 'whole number' : 'text';
}
