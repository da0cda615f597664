/**
 * Replies about a model → typed. The gRPC messages, as proto-loader gives them, and the JSON of REST have the same fields;
 * 64-bit numbers are texts in the one and numbers in the other.
 */
import { ClientError } from './client-error.js';
import type { ModelMetadata, ModelStatistics, TensorMetadata } from './inference-client.js';

type Fields = Readonly<Record<string, unknown>>;

/** Throws ClientError when it is no metadata. */
export function parseMetadata(reply: unknown): ModelMetadata {
  const fields = readFields(reply);
  return {
    name: readText(fields['name']),
    versions: readList(fields['versions']).map(readText),
    platform: readText(fields['platform']),
    inputs: readList(fields['inputs']).map(parseTensor),
    outputs: readList(fields['outputs']).map(parseTensor),
  };
}

/** Sums over the versions in the reply. */
export function parseStatistics(reply: unknown): ModelStatistics {
  const sums = { requests: 0, queueSeconds: 0, computeSeconds: 0, rows: 0, runs: 0 };
  for (const model of readList(readFields(reply)['model_stats'])) {
    const fields = readFields(model);
    const stats = readFields(fields['inference_stats']);
    sums.requests += readNumber(readFields(stats['success'])['count']);
    sums.queueSeconds += readNumber(readFields(stats['queue'])['ns']) / 1e9;
    sums.computeSeconds += readNumber(readFields(stats['compute_infer'])['ns']) / 1e9;
    sums.rows += readNumber(fields['inference_count']);
    sums.runs += readNumber(fields['execution_count']);
  }
  return sums;
}

/** Of a repository's index, each once, however many versions it has. */
export function parseModelNames(models: unknown): readonly string[] {
  return [...new Set(readList(models).map((model) => readText(readFields(model)['name'])))];
}

function parseTensor(value: unknown): TensorMetadata {
  const fields = readFields(value);
  return { name: readText(fields['name']), datatype: readText(fields['datatype']), shape: readList(fields['shape']).map(readNumber) };
}

export function readFields(value: unknown): Fields {
  if (value === undefined || value === null) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return Object.fromEntries(Object.entries(value));
  throw strange('an object', value);
}

export function readList(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw strange('a list', value);
}

export function readText(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  throw strange('a text', value);
}

export function readNumber(value: unknown): number {
  if (value === undefined || value === null) return 0;
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  throw strange('a number', value);
}

function strange(want: string, value: unknown): ClientError {
  const found = JSON.stringify(value)?.slice(0, 100);
  return new ClientError('INTERNAL', `The server's reply is none of the Open Inference Protocol: ${found} stands where ${want} belongs`);
}
