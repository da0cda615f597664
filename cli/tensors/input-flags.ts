/** --input and --shape, which `infer` and `bench` share. */
import { readFileSync } from 'node:fs';
import { describeError } from '../../lib/logger.js';
import type { Tensor } from '../../runtime/core/tensor.js';
import type { ModelMetadata, TensorMetadata } from '../client/inference-client.js';
import { UsageError } from '../usage-error.js';
import { buildTensor, type InputSource } from './build-tensor.js';
import { listTensors } from './describe-signature.js';

export const INPUT_FLAGS = {
  input: { type: 'string', multiple: true },
  shape: { type: 'string', multiple: true },
} as const;

export const INPUT_USAGE = `  --input NAME=VALUE       JSON such as '[[1,2,3]]', a text for BYTES, or zeros, ones, random; a model's only input needs no name
  --input NAME=@FILE       .npy, .json, .txt (a text per line), anything else: raw elements, little-endian
  --shape NAME=1,3,224     shape, where the value alone does not tell it`;

/** By the input's name; '' where none was given. */
export interface InputFlags {
  readonly sources: ReadonlyMap<string, InputSource>;
  readonly shapes: ReadonlyMap<string, readonly number[]>;
}

export interface BuiltInputs {
  /** In the model's order. */
  readonly tensors: readonly Tensor[];
  /** Of the model, without a value. */
  readonly missing: readonly TensorMetadata[];
}

/** Reads the files. Throws UsageError. */
export function parseInputFlags(values: { input?: string[] | undefined; shape?: string[] | undefined }): InputFlags {
  const sources = new Map<string, InputSource>();
  for (const text of values.input ?? []) {
    const { name, rest } = splitName(text);
    if (sources.has(name)) throw new UsageError(`--input ${name} is given twice: give each input once`);
    sources.set(name, rest.startsWith('@') ? readSource(text, rest.slice(1)) : { text: rest });
  }
  const shapes = new Map<string, readonly number[]>();
  for (const text of values.shape ?? []) {
    const { name, rest } = splitName(text);
    shapes.set(name, parseShape(text, rest));
  }
  return { sources, shapes };
}

/** Throws UsageError for what the model does not have. */
export function buildInputs({ name: model, inputs }: ModelMetadata, flags: InputFlags): BuiltInputs {
  const sources = resolveNames('--input', flags.sources, { model, inputs });
  const shapes = resolveNames('--shape', flags.shapes, { model, inputs });
  const tensors: Tensor[] = [];
  const missing: TensorMetadata[] = [];
  for (const input of inputs) {
    const source = sources.get(input.name);
    if (source === undefined) missing.push(input);
    else tensors.push(buildTensor(input, source, shapes.get(input.name)));
  }
  return { tensors, missing };
}

export function resolveNames<Value>(
  flag: string,
  values: ReadonlyMap<string, Value>,
  { model, inputs }: { model: string; inputs: readonly TensorMetadata[] },
): ReadonlyMap<string, Value> {
  const resolved = new Map<string, Value>();
  for (const [given, value] of values) {
    const name = given === '' && inputs.length === 1 ? (inputs[0]?.name ?? '') : given;
    if (!inputs.some((input) => input.name === name)) {
      const what = given === '' ? `${flag} names no input` : `${flag} ${given}: model ${model} has no such input`;
      throw new UsageError(`${what}. Its inputs are ${listTensors(inputs)}`);
    }
    if (resolved.has(name)) throw new UsageError(`${flag} ${name} is given twice: give each input once`);
    resolved.set(name, value);
  }
  return resolved;
}

/** A value alone begins as no name does: with a bracket, a quote, an @, or it has no `=` at all. */
function splitName(text: string): { name: string; rest: string } {
  const at = /^[["@{]/.test(text) ? -1 : text.indexOf('=');
  return { name: at < 0 ? '' : text.slice(0, at), rest: text.slice(at + 1) };
}

function readSource(flag: string, path: string): InputSource {
  try {
    return { path, bytes: readFileSync(path) };
  } catch (cause) {
    throw new UsageError(`--input ${flag} cannot be read: ${describeError(cause)}`, { cause });
  }
}

function parseShape(flag: string, text: string): readonly number[] {
  const words = text === '' ? [] : text.replace(/^\[(.*)\]$/, '$1').split(/[,x]/);
  if (words.length <= 64 && words.every((word) => /^\s*(-1|\d{1,15})\s*$/.test(word))) return words.map(Number);
  throw new UsageError(`--shape ${flag} is no shape: give dimensions such as NAME=1,3,224,224; -1 for one that follows from the value`);
}
