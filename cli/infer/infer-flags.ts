/** The command line of `slipway infer`. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { describeError } from '../../lib/logger.js';
import type { Parameters, ParameterValue } from '../../runtime/core/parameters.js';
import { CONNECTION_FLAGS, CONNECTION_USAGE, type ConnectionOptions, parseConnection, parseCount } from '../client/connection-options.js';
import { INPUT_FLAGS, INPUT_USAGE, type InputFlags, parseInputFlags } from '../tensors/input-flags.js';
import { UsageError } from '../usage-error.js';

export const INFER_USAGE = `slipway infer MODEL [--input NAME=VALUE]… [flags]
  asks a model once and prints its answer; without --input, what it takes and an example
${INPUT_USAGE}
  --output NAME            this output alone; may be repeated (default: all)
  --classes K              the K highest of each output of numbers, with their labels
  --version N              version of the model (default: the latest that is ready)
  --id ID                  comes back with the answer
  --parameter NAME=VALUE   of the request: true, false, a number or a text
  --priority N             1 is the highest
  --sequence ID            correlation id, for models that keep state; with --start and --end at its ends
  --stream                 ask over ModelStreamInfer and print each answer as it comes
  --json                   one line of JSON for each answer
  --save FOLDER            write the outputs there, .npy or, for BYTES, .json
${CONNECTION_USAGE}`;

const FLAGS = {
  ...CONNECTION_FLAGS,
  ...INPUT_FLAGS,
  output: { type: 'string', multiple: true },
  classes: { type: 'string' },
  version: { type: 'string' },
  id: { type: 'string' },
  parameter: { type: 'string', multiple: true },
  priority: { type: 'string' },
  sequence: { type: 'string' },
  start: { type: 'boolean' },
  end: { type: 'boolean' },
  stream: { type: 'boolean' },
  json: { type: 'boolean' },
  save: { type: 'string' },
} as const;

export interface InferOptions {
  readonly model: string;
  readonly version: string;
  readonly id: string;
  readonly inputs: InputFlags;
  readonly outputs: readonly string[];
  readonly classes: number | undefined;
  readonly parameters: Parameters;
  readonly isStream: boolean;
  readonly isJson: boolean;
  readonly saveFolder: string | undefined;
  readonly connection: ConnectionOptions;
}

/** Reads the files that flags name. Throws UsageError. */
export function parseInferFlags(argv: readonly string[]): InferOptions {
  const { values, model } = splitArguments(argv);
  if (values.stream === true && values.http === true) throw new UsageError('--stream needs gRPC: leave out --http');
  return {
    model,
    version: values.version ?? '',
    id: values.id ?? '',
    inputs: parseInputFlags(values),
    outputs: values.output ?? [],
    classes: parseCount('--classes', values.classes),
    parameters: parseParameters(values),
    isStream: values.stream ?? false,
    isJson: values.json ?? false,
    saveFolder: values.save,
    connection: parseConnection(values, readFileSync),
  };
}

function splitArguments(argv: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options: FLAGS, allowPositionals: true });
    const [model, ...more] = positionals;
    if (model === undefined) throw new UsageError('slipway infer needs the name of a model');
    if (more.length > 0) throw new UsageError(`slipway infer takes one model, but got ${positionals.join(' ')}: values belong behind --input`);
    return { values, model };
  } catch (cause) {
    // Node's advice on positional arguments is none for a flag that was misspelt
    throw new UsageError(describeError(cause).replace(/\. To specify a positional argument.*$/s, ''), { cause });
  }
}

interface ParameterFlags {
  readonly parameter?: string[] | undefined;
  readonly priority?: string | undefined;
  readonly sequence?: string | undefined;
  readonly start?: boolean | undefined;
  readonly end?: boolean | undefined;
}

/** Names as Triton's extensions have them. Throws UsageError. */
export function parseParameters({ parameter = [], priority, sequence, start, end }: ParameterFlags): Parameters {
  const parameters = new Map<string, ParameterValue>();
  for (const text of parameter) {
    const at = text.indexOf('=');
    if (at < 1) throw new UsageError(`--parameter "${text}" has no value: give NAME=VALUE`);
    parameters.set(text.slice(0, at), parseValue(text.slice(at + 1)));
  }
  const level = parseCount('--priority', priority);
  if (level !== undefined) parameters.set('priority', BigInt(level));
  if (sequence === undefined && (start === true || end === true))
    throw new UsageError(`${start === true ? '--start' : '--end'} belongs to a sequence: give --sequence ID`);
  if (sequence === undefined) return parameters;
  if (sequence === '' || /^0+$/.test(sequence)) throw new UsageError(`--sequence "${sequence}" means none: give a number above 0 or a text`);
  parameters.set('sequence_id', /^\d{1,19}$/.test(sequence) ? BigInt(sequence) : sequence);
  parameters.set('sequence_start', start ?? false);
  parameters.set('sequence_end', end ?? false);
  return parameters;
}

/** A text in quotes is a text, whatever stands in it. */
function parseValue(text: string): ParameterValue {
  if (text === 'true' || text === 'false') return text === 'true';
  if (/^-?\d{1,18}$/.test(text)) return BigInt(text);
  if (/^-?(\d+\.\d*|\.\d+|\d+(\.\d*)?[eE][+-]?\d+)$/.test(text)) return Number(text);
  return /^".*"$/s.test(text) ? text.slice(1, -1) : text;
}
