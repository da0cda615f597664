/**
 * Which requests are traced, in Triton's settings: of the server, and by model where they differ. A request whose caller
 * samples it already (W3C trace context) is traced at any rate.
 * Source: triton server docs/protocol/extension_trace.md.
 */
import { invalidArgument } from '../core/inference-error.js';

export type TraceSettingName = (typeof NAMES)[number];
export type TraceSettingValues = ReadonlyMap<string, readonly string[]>;

/** Some clients name a model that does not exist yet. */
const MOST_MODELS = 1024;
const NAMES = ['trace_level', 'trace_rate', 'trace_count', 'log_frequency', 'trace_mode', 'trace_file'] as const;

interface Settings {
  trace_level: 'OFF' | 'TIMESTAMPS';
  /** One request of so many. */
  trace_rate: number;
  /** How many are traced still; -1: no end. */
  trace_count: number;
}

export class TraceSettings {
  readonly #server: Settings = { trace_level: 'OFF', trace_rate: 1000, trace_count: -1 };
  readonly #models = new Map<string, Partial<Settings>>();
  readonly #seen = new Map<string, number>();
  /** False as long as nothing is traced: the one look that each request pays for. */
  isOn = false;

  /** '' for the server. */
  read(model: string): Record<TraceSettingName, readonly string[]> {
    const { trace_level, trace_rate, trace_count } = this.#of(model);
    return {
      trace_level: [trace_level],
      trace_rate: [String(trace_rate)],
      trace_count: [String(trace_count)],
      log_frequency: ['0'],
      trace_mode: ['opentelemetry'],
      trace_file: [''],
    };
  }

  /** A setting without values goes back to what the server has. Throws InferenceError(INVALID_ARGUMENT); then nothing is changed. */
  change(model: string, changes: TraceSettingValues): void {
    const next: Partial<Settings> = model === '' ? { ...this.#server } : { ...this.#models.get(model) };
    for (const [name, values] of changes) apply(next, name, values);
    if (model === '') Object.assign(this.#server, { trace_level: 'OFF', trace_rate: 1000, trace_count: -1 }, next);
    else if (this.#models.size < MOST_MODELS || this.#models.has(model)) this.#models.set(model, next);
    else throw invalidArgument(`trace settings of ${MOST_MODELS} models are kept already: '${model.slice(0, 64)}' gets none`);
    this.#seen.delete(model);
    this.isOn = [this.#server, ...this.#models.values()].some((settings) => settings.trace_level === 'TIMESTAMPS');
  }

  /** Counts the request: ask once for each. */
  shouldTrace(model: string, isSampledByCaller: boolean): boolean {
    if (!this.isOn) return false;
    const settings = this.#of(model);
    if (settings.trace_level === 'OFF' || settings.trace_count === 0) return false;
    const key = this.#models.has(model) ? model : '';
    const seen = (this.#seen.get(key) ?? 0) + 1;
    this.#seen.set(key, seen % settings.trace_rate);
    if (seen % settings.trace_rate !== 0 && !isSampledByCaller) return false;
    const counted = this.#models.get(key)?.trace_count === undefined ? this.#server : (this.#models.get(key) ?? this.#server);
    if (counted.trace_count !== undefined && counted.trace_count > 0) counted.trace_count -= 1;
    return true;
  }

  #of(model: string): Settings {
    return { ...this.#server, ...this.#models.get(model) };
  }
}

function apply(settings: Partial<Settings>, name: string, values: readonly string[]): void {
  const [value] = values;
  switch (name) {
    case 'trace_level':
      if (value === undefined) delete settings.trace_level;
      else settings.trace_level = readLevel(values);
      return;
    case 'trace_rate':
      if (value === undefined) delete settings.trace_rate;
      else settings.trace_rate = readWhole(name, value, 1);
      return;
    case 'trace_count':
      if (value === undefined) delete settings.trace_count;
      else settings.trace_count = readWhole(name, value, -1);
      return;
    case 'trace_mode':
      if (value === undefined || value === 'opentelemetry') return;
      throw invalidArgument(`trace setting 'trace_mode' is ${value.slice(0, 64)}: traces are OpenTelemetry's here, give opentelemetry`);
    case 'log_frequency':
    case 'trace_file':
      if (value === undefined || value === '' || value === '0') return;
      throw invalidArgument(`trace setting '${name}' cannot be changed: spans go to the collector that the server was started with, never to a file`);
    default:
      throw invalidArgument(`trace setting '${name.slice(0, 64)}' is not known: there are ${NAMES.join(', ')}`);
  }
}

function readLevel(values: readonly string[]): Settings['trace_level'] {
  if (values.includes('TENSORS'))
    throw invalidArgument("trace setting 'trace_level' TENSORS is refused: tensors never leave the process, give TIMESTAMPS");
  const unknown = values.find((value) => value !== 'OFF' && value !== 'TIMESTAMPS');
  if (unknown !== undefined) throw invalidArgument(`trace setting 'trace_level' is ${unknown.slice(0, 64)}: give OFF or TIMESTAMPS`);
  return values.includes('TIMESTAMPS') ? 'TIMESTAMPS' : 'OFF';
}

function readWhole(name: string, text: string, least: number): number {
  const number = Number(text);
  if (/^-?[0-9]{1,9}$/.test(text) && number >= least) return number;
  throw invalidArgument(`trace setting '${name}' is ${text.slice(0, 64)}: give a whole number of at least ${least}`);
}
