/**
 * Where spans go and which requests have them: the flag `--otlp-endpoint` and OpenTelemetry's environment variables → one checked
 * record. What is not here of OTEL_EXPORTER_OTLP_* (headers, certificates, compression, timeout) the exporter reads itself.
 * Source: OpenTelemetry specification, "Environment variable specification" and "OTLP exporter configuration".
 */
export interface TracingConfig {
  /** Takes OTLP over HTTP with protobuf. */
  readonly url: string;
  /** One request of so many, of those that come without a trace context; 0: no request at all. */
  readonly rate: number;
  /** Spans that wait to be exported; further ones are dropped. */
  readonly maxQueue: number;
  readonly maxBatch: number;
  readonly delayMs: number;
  readonly timeoutMs: number;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Triton's own. */
const DEFAULT_RATE = 1000;
const LARGEST_RATE = 999_999_999;
const SIGNAL_PATH = '/v1/traces';

/** Undefined: traces are off. Throws an Error that names the variable, its value and the fix. */
export function readTracingConfig(endpoint: string | undefined, env: Environment): TracingConfig | undefined {
  if (env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true') return undefined;
  const exporter = read(env, 'OTEL_TRACES_EXPORTER') ?? 'otlp';
  if (exporter === 'none') return undefined;
  const url = readUrl(endpoint, env);
  if (url === undefined) return undefined;
  if (exporter !== 'otlp') throw new Error(`OTEL_TRACES_EXPORTER is "${exporter}": give otlp or none`);
  checkProtocol(env);
  const maxQueue = readWhole(env, 'OTEL_BSP_MAX_QUEUE_SIZE', 2048);
  return {
    url,
    rate: readRate(env),
    maxQueue,
    maxBatch: Math.min(maxQueue, readWhole(env, 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE', 512)),
    delayMs: readWhole(env, 'OTEL_BSP_SCHEDULE_DELAY', 5000),
    timeoutMs: readWhole(env, 'OTEL_BSP_EXPORT_TIMEOUT', 30_000),
  };
}

/** The flag wins; a variable for traces alone is taken as it is, a common one gets their path. */
function readUrl(endpoint: string | undefined, env: Environment): string | undefined {
  const own = 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT';
  const common = 'OTEL_EXPORTER_OTLP_ENDPOINT';
  if (endpoint !== undefined) return checkUrl('--otlp-endpoint', withPath(endpoint));
  const exact = read(env, own);
  if (exact !== undefined) return checkUrl(own, exact);
  const base = read(env, common);
  return base === undefined ? undefined : checkUrl(common, withPath(base));
}

function withPath(base: string): string {
  const trimmed = base.replace(/\/+$/, '');
  return trimmed.endsWith(SIGNAL_PATH) ? trimmed : `${trimmed}${SIGNAL_PATH}`;
}

function checkUrl(name: string, text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new Error(`${name} "${text}" is not an address: give http://HOST:4318, or https`);
}

function checkProtocol(env: Environment): void {
  for (const name of ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL']) {
    const protocol = read(env, name);
    if (protocol === undefined) continue;
    if (protocol === 'http/protobuf') return;
    throw new Error(`${name} is "${protocol}": give http/protobuf, and the collector's port for it, which is 4318 by default`);
  }
}

/** A ratio of 0.01 is one request of 100. Where parents decide, "none" still means those that a caller records: a rate that is never reached. */
function readRate(env: Environment): number {
  const sampler = read(env, 'OTEL_TRACES_SAMPLER');
  const none = sampler?.startsWith('parentbased_') === true ? LARGEST_RATE : 0;
  switch (sampler?.replace(/^parentbased_/, '')) {
    case undefined:
      return DEFAULT_RATE;
    case 'always_on':
      return 1;
    case 'always_off':
      return none;
    case 'traceidratio': {
      const text = read(env, 'OTEL_TRACES_SAMPLER_ARG') ?? '1';
      const ratio = Number(text);
      if (!(ratio >= 0 && ratio <= 1)) throw new Error(`OTEL_TRACES_SAMPLER_ARG is "${text}": give a number from 0 to 1`);
      return ratio === 0 ? none : Math.min(LARGEST_RATE, Math.max(1, Math.round(1 / ratio)));
    }
    default:
      throw new Error(`OTEL_TRACES_SAMPLER is "${sampler}": give always_on, always_off or traceidratio, with parentbased_ in front or without`);
  }
}

function readWhole(env: Environment, name: string, otherwise: number): number {
  const text = read(env, name);
  if (text === undefined) return otherwise;
  if (/^[1-9][0-9]{0,6}$/.test(text)) return Number(text);
  throw new Error(`${name} is "${text}": give a whole number from 1 to 9999999`);
}

/** Empty means not set, as the specification has it. */
function read(env: Environment, name: string): string | undefined {
  const text = env[name]?.trim();
  return text === '' ? undefined : text;
}
