/** What a pod says about itself, as `Statusz`: only known fields, of the right type, of bounded length; else nothing. */
import type { ModelStatusz, Statusz, TensorSignature } from '../../contract/statusz.js';
import { isRecord, type JsonRecord } from '../../lib/kube/json.js';

const MAX_MODELS = 64;
const MAX_TENSORS = 256;
const MAX_DIMENSIONS = 64;
const MAX_TEXT = 1024;
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const STATES: readonly ModelStatusz['state'][] = ['Loading', 'Warming', 'Ready', 'Draining', 'Failed'];

class ShapeError extends Error {}

export function parseStatusz(value: unknown): Statusz | undefined {
  try {
    const raw = record(value);
    return {
      version: text(raw['version']),
      onnxruntime: text(raw['onnxruntime']),
      threads: number(raw['threads']),
      instances: number(raw['instances']),
      models: list(raw['models'], MAX_MODELS).map(parseModel),
    };
  } catch (error) {
    if (error instanceof ShapeError) return undefined;
    throw error;
  }
}

function parseModel(value: unknown): ModelStatusz {
  const raw = record(value);
  const [signature, seconds] = [record(raw['signature']), record(raw['seconds'])];
  const state = STATES.find((known) => known === raw['state']);
  if (state === undefined || raw['format'] !== 'onnx') throw new ShapeError();
  return {
    name: text(raw['name']),
    version: text(raw['version']),
    state,
    reason: text(raw['reason']),
    format: 'onnx',
    ...optional(raw, 'digest', text),
    ...optional(raw, 'contentDigest', text),
    ...optional(raw, 'bytes', integer),
    ...optional(raw, 'verifiedAt', time),
    signature: {
      inputs: list(signature['inputs'], MAX_TENSORS).map(parseTensor),
      outputs: list(signature['outputs'], MAX_TENSORS).map(parseTensor),
    },
    provider: text(raw['provider']),
    seconds: { ...optional(seconds, 'download', number), load: number(seconds['load']), warmup: number(seconds['warmup']) },
  };
}

function parseTensor(value: unknown): TensorSignature {
  const raw = record(value);
  return { name: text(raw['name']), datatype: text(raw['datatype']), shape: list(raw['shape'], MAX_DIMENSIONS).map(integer) };
}

function record(value: unknown): JsonRecord {
  if (!isRecord(value)) throw new ShapeError();
  return value;
}

/** A long reason is cut, not refused. */
function text(value: unknown): string {
  if (typeof value !== 'string') throw new ShapeError();
  return value.slice(0, MAX_TEXT);
}

function number(value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new ShapeError();
  return value;
}

/** The CRD wants an integer: one value that is none would have the API server refuse the whole status. */
function integer(value: unknown): number {
  if (!Number.isSafeInteger(value)) throw new ShapeError();
  return number(value);
}

/** As RFC 3339, or the API server refuses the whole status. */
function time(value: unknown): string {
  const said = text(value);
  if (!RFC_3339.test(said) || Number.isNaN(Date.parse(said))) throw new ShapeError();
  return said;
}

function list(value: unknown, maxItems: number): readonly unknown[] {
  if (!Array.isArray(value) || value.length > maxItems) throw new ShapeError();
  return value;
}

function optional<Field extends string, Value>(raw: JsonRecord, field: Field, parse: (value: unknown) => Value): { [Key in Field]?: Value } {
  const parsed: { [Key in Field]?: Value } = {};
  if (raw[field] !== undefined) parsed[field] = parse(raw[field]);
  return parsed;
}
