/** The command line of `slipway bench`. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { describeError } from '../../lib/logger.js';
import {
  CONNECTION_FLAGS,
  CONNECTION_USAGE,
  type ConnectionOptions,
  parseConnection,
  parseCount,
  parseSeconds,
} from '../client/connection-options.js';
import { INPUT_FLAGS, INPUT_USAGE, type InputFlags, parseInputFlags } from '../tensors/input-flags.js';
import { UsageError } from '../usage-error.js';
import type { LevelKind } from './level.js';

export const BENCH_USAGE = `slipway bench MODEL [flags]
  asks a model over and over, more and more at a time, and tells how fast it answers
  --concurrency 1,2,4      requests at a time, one level each (default 1,2,4,8,16,32,64)
  --rate 100,200           instead: so many per second, whatever becomes of them (open loop)
  --duration SECONDS       of each level (default 3), after --warmup SECONDS (default 0.5) that do not count
  --connections N          connections that the requests are spread over (default 1)
  --stream                 one ModelStreamInfer for each request at a time; one answer per request is expected
  --version N              version of the model (default: the latest that is ready)
  --plot FILE.svg          draws latency over throughput
  --json                   the result as JSON instead of a table
${INPUT_USAGE}
  inputs without a value are random: floats from 0 to 1, integers 0 or 1; free dimensions are 1
${CONNECTION_USAGE}`;

const FLAGS = {
  ...CONNECTION_FLAGS,
  ...INPUT_FLAGS,
  concurrency: { type: 'string' },
  rate: { type: 'string' },
  duration: { type: 'string' },
  warmup: { type: 'string' },
  connections: { type: 'string' },
  stream: { type: 'boolean' },
  version: { type: 'string' },
  plot: { type: 'string' },
  json: { type: 'boolean' },
} as const;

const MOST_LEVELS = 64;
const MOST_AT_A_TIME = 4096;

export interface BenchOptions {
  readonly model: string;
  readonly version: string;
  readonly inputs: InputFlags;
  readonly levels: readonly LevelKind[];
  readonly durationSeconds: number;
  readonly warmupSeconds: number;
  readonly connections: number;
  readonly isStream: boolean;
  readonly plotFile: string | undefined;
  readonly isJson: boolean;
  readonly connection: ConnectionOptions;
}

/** Reads the files that flags name. Throws UsageError. */
export function parseBenchFlags(argv: readonly string[]): BenchOptions {
  const { values, model } = splitArguments(argv);
  if (values.stream === true && values.http === true) throw new UsageError('--stream needs gRPC: leave out --http');
  if (values.stream === true && values.rate !== undefined)
    throw new UsageError('--rate sends calls of their own: leave out --stream, or give --concurrency');
  if (values.plot !== undefined && !values.plot.endsWith('.svg'))
    throw new UsageError(`--plot "${values.plot}" is drawn as SVG: give a name that ends in .svg`);
  return {
    model,
    version: values.version ?? '',
    inputs: parseInputFlags(values),
    levels: parseLevels(values),
    durationSeconds: parseSeconds('--duration', values.duration) ?? 3,
    warmupSeconds: values.warmup === '0' ? 0 : (parseSeconds('--warmup', values.warmup) ?? 0.5),
    connections: parseCount('--connections', values.connections, 1024) ?? 1,
    isStream: values.stream ?? false,
    plotFile: values.plot,
    isJson: values.json ?? false,
    connection: parseConnection(values, readFileSync),
  };
}

function splitArguments(argv: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options: FLAGS, allowPositionals: true });
    const [model, ...more] = positionals;
    if (model === undefined) throw new UsageError('slipway bench needs the name of a model');
    if (more.length > 0) throw new UsageError(`slipway bench takes one model, but got ${positionals.join(' ')}: lists have commas and no spaces`);
    return { values, model };
  } catch (cause) {
    // Node's advice on positional arguments is none for a flag that was misspelt
    throw new UsageError(describeError(cause).replace(/\. To specify a positional argument.*$/s, ''), { cause });
  }
}

function parseLevels({ concurrency, rate }: { concurrency?: string | undefined; rate?: string | undefined }): LevelKind[] {
  if (concurrency !== undefined && rate !== undefined) throw new UsageError('--rate is an open loop, --concurrency a closed one: give one of them');
  if (rate !== undefined) return splitLevels('--rate', rate).map((text) => ({ perSecond: parseRate(text) }));
  const texts = splitLevels('--concurrency', concurrency ?? '1,2,4,8,16,32,64');
  return texts.map((text) => ({ concurrency: parseCount('--concurrency', text, MOST_AT_A_TIME) ?? 1 }));
}

function splitLevels(flag: string, text: string): string[] {
  const texts = text.split(',').map((one) => one.trim());
  if (texts.length > MOST_LEVELS) throw new UsageError(`${flag} has ${texts.length} levels: give at most ${MOST_LEVELS}`);
  return texts;
}

function parseRate(text: string): number {
  const rate = Number(text);
  if (text !== '' && rate > 0 && rate <= 1_000_000) return rate;
  throw new UsageError(`--rate "${text}" is not a rate: give requests per second, such as 250`);
}
