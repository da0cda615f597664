/**
 * What a request asks of the server by its parameters (Triton's extensions schedule_policy, sequence and parameters).
 * Parameters that nobody here knows are the client's own affair, as the protocol has it; the reserved ones, which begin
 * with `triton_`, are refused by name.
 */
import { invalidArgument } from './inference-error.js';
import type { Parameters, ParameterValue } from './parameters.js';

/** Where in a sequence of requests to a stateful model this one stands. */
export interface SequencePosition {
  /** Correlation id: numbers and texts never collide. */
  readonly id: string;
  /** For a model that takes it as a number; undefined for a text. */
  readonly numericId?: bigint;
  readonly isStart: boolean;
  readonly isEnd: boolean;
}

export interface RequestOptions {
  /** 1 is the highest; 0: the model's default. */
  readonly priority: number;
  /** Time that it may wait in the queue. Absent: the model's own. */
  readonly timeoutSeconds?: number;
  readonly sequence?: SequencePosition;
  /** On a stream: an empty response says that no further one follows. */
  readonly wantsFinalResponse: boolean;
}

const DEFAULT: RequestOptions = { priority: 0, wantsFinalResponse: false };
const FINAL = 'triton_enable_empty_final_response';

/** Throws InferenceError(INVALID_ARGUMENT), which names the parameter. */
export function readRequestOptions(parameters: Parameters): RequestOptions {
  if (parameters.size === 0) return DEFAULT;
  for (const key of parameters.keys()) {
    if (key.startsWith('triton_') && key !== FINAL)
      throw invalidArgument(`parameter '${key}' is reserved: of those that begin with triton_, this server knows ${FINAL}`);
  }
  const timeout = readUint('timeout', parameters.get('timeout'));
  const sequence = readSequence(parameters);
  return {
    priority: Number(readUint('priority', parameters.get('priority')) ?? 0n),
    ...(timeout === undefined || timeout === 0n ? {} : { timeoutSeconds: Number(timeout) / 1e6 }),
    ...(sequence === undefined ? {} : { sequence }),
    wantsFinalResponse: readBool(FINAL, parameters.get(FINAL)),
  };
}

/** Undefined without an id, or with 0 or '': no sequence, in Triton's words. */
function readSequence(parameters: Parameters): SequencePosition | undefined {
  const isStart = readBool('sequence_start', parameters.get('sequence_start'));
  const isEnd = readBool('sequence_end', parameters.get('sequence_end'));
  const value = parameters.get('sequence_id');
  if (typeof value === 'string' && value !== '') {
    if (value.length > 128) throw invalidArgument(`parameter 'sequence_id' is ${value.length} characters long: at most 128 are taken`);
    return { id: `s${value}`, isStart, isEnd };
  }
  const id = typeof value === 'string' ? 0n : (readUint('sequence_id', value) ?? 0n);
  if (id !== 0n) return { id: `n${id}`, numericId: id, isStart, isEnd };
  if (isStart || isEnd) throw invalidArgument("parameters 'sequence_start' and 'sequence_end' need a 'sequence_id' that is not 0");
  return undefined;
}

function readUint(name: string, value: ParameterValue): bigint | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'bigint' && value >= 0n) return value;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  throw invalidArgument(`parameter '${name}' is ${String(value).slice(0, 64)}: give an integer of at least 0`);
}

function readBool(name: string, value: ParameterValue): boolean {
  if (value === undefined) return false;
  if (typeof value === 'boolean') return value;
  throw invalidArgument(`parameter '${name}' is ${String(value).slice(0, 64)}: give true or false`);
}
