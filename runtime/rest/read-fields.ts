/** Fields of a parsed request, each with its type checked. Every refusal names the field. */
import { invalidArgument } from '../core/inference-error.js';
import { NO_PARAMETERS, type Parameters, type ParameterValue } from '../core/parameters.js';
import { readDigits } from './parse-json.js';

export type Fields = Readonly<Record<string, unknown>>;

/** No tensor has more dimensions; nested data are walked as deep. */
const MOST_DIMENSIONS = 64;

export function readFields(where: string, value: unknown): Fields {
  if (!isFields(value)) throw invalidArgument(`${where} is not a JSON object`);
  return value;
}

export function readList(where: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw invalidArgument(`${where} is not a list`);
  return value;
}

/** null stands for an absent field, as clients made from a schema send it. */
export function readString(where: string, value: unknown): string | undefined;
export function readString(where: string, value: unknown, presence: 'needed'): string;
export function readString(where: string, value: unknown, presence?: 'needed'): string | undefined {
  if (typeof value === 'string' && readDigits(value) === undefined) return value;
  if (presence === undefined && (value === undefined || value === null)) return undefined;
  throw invalidArgument(`${where} is not a string`);
}

export function readBoolean(where: string, value: unknown): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  throw invalidArgument(`${where} is neither true nor false`);
}

/** Whole numbers, of which the model's signature then says whether they fit. */
export function readShape(where: string, value: unknown): readonly number[] {
  const dimensions = readList(where, value);
  if (dimensions.length > MOST_DIMENSIONS)
    throw invalidArgument(`${where} has ${dimensions.length} dimensions, and at most ${MOST_DIMENSIONS} are taken`);
  return dimensions.map((dimension) => {
    const number = typeof dimension === 'number' ? dimension : readDigits(dimension);
    if (number !== undefined) return Number(number);
    throw invalidArgument(`${where} is not a list of whole numbers`);
  });
}

/** Scalars as they are, whole numbers in full; what is none (clients nest their own headers) has no value. */
export function readParameters(where: string, value: unknown): Parameters {
  if (value === undefined || value === null) return NO_PARAMETERS;
  return new Map(Object.entries(readFields(where, value)).map(([name, one]) => [name, readParameter(one)]));
}

function readParameter(value: unknown): ParameterValue {
  if (typeof value === 'boolean' || typeof value === 'number') return value;
  const digits = readDigits(value);
  if (digits !== undefined) return BigInt(digits);
  return typeof value === 'string' ? value : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
