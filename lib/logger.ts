/** Structured logs for every process: constant message, facts as fields, one JSON object per line on stdout. */
import winston from 'winston';

export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger whose lines all carry `fields`. */
  child(fields: LogFields): Logger;
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LoggerOptions {
  /** Process or component, such as `operator`. */
  readonly name: string;
  readonly level?: LogLevel;
  /** `text` is for a person at a terminal: `info  Listened  grpcPort=8001`. */
  readonly form?: 'json' | 'text';
}

export function isLogLevel(value: string): value is LogLevel {
  return LOG_LEVELS.some((level) => level === value);
}

/** The logger of a process, whose level can be changed while it runs; those made from it follow. */
export interface RootLogger extends Logger {
  level: LogLevel;
}

export function newLogger(options: LoggerOptions): RootLogger {
  const { combine, timestamp, json, printf } = winston.format;
  const form = options.form === 'text' ? printf(formatText) : combine(timestamp(), json());
  const root = winston.createLogger({
    level: options.level ?? 'info',
    format: combine(describeErrors(), form),
    defaultMeta: { logger: options.name },
    transports: [new winston.transports.Console()],
  });
  return Object.defineProperty({ ...bind(root, {}), level: options.level ?? 'info' }, 'level', {
    get: () => root.level,
    set: (level: LogLevel) => {
      root.level = level;
    },
  });
}

/** A logger that says nothing, for tests and libraries that were given none. */
export const SILENT_LOGGER: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => SILENT_LOGGER,
};

function bind(root: winston.Logger, bound: LogFields): Logger {
  const log = (level: LogLevel) => (message: string, fields?: LogFields) => {
    root.log(level, message, { ...bound, ...fields });
  };
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error'), child: (fields) => bind(root, { ...bound, ...fields }) };
}

/** `{level: 'info', message: 'Listened', logger: 'runtime', grpcPort: 8001}` → `info  Listened  grpcPort=8001`. */
export function formatText({ level, message, logger: _logger, ...fields }: Readonly<Record<string, unknown>>): string {
  const facts = Object.entries(fields).map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`);
  return [String(level).padEnd(5), String(message), ...facts].join('  ');
}

/** Errors in fields become their message and the chain of causes: JSON would print `{}`. */
const describeErrors = winston.format((info) => {
  for (const [key, value] of Object.entries(info)) if (value instanceof Error) info[key] = describeError(value);
  return info;
});

/** Message of an error followed by those of its causes, at most five deep. */
export function describeError(error: unknown, depth = 5): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause === undefined || depth <= 1) return error.message;
  const cause = describeError(error.cause, depth - 1);
  return error.message.includes(cause) ? error.message : `${error.message}: ${cause}`;
}
