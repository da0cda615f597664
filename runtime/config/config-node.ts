/**
 * A configuration before anybody knows what its fields mean: the same tree from protobuf text, JSON and YAML, so that one
 * reader gives the three of them their meaning.
 */
import { ConfigError } from './config-error.js';

export interface ScalarNode {
  readonly kind: 'Scalar';
  readonly place: string;
  readonly text: string;
  /** Text: a word or a number as it stands. String: in quotes. Json: a value of JSON, where quotes say little (int64 travels in them). */
  readonly form: 'Text' | 'String' | 'Json';
}

export interface MessageNode {
  readonly kind: 'Message';
  readonly place: string;
  /** In JSON a map is an object; in text it is a list of `{ key: … value: … }`. */
  readonly form: 'Text' | 'Json';
  readonly fields: readonly FieldNode[];
}

export type ConfigNode = ScalarNode | MessageNode;

/** One name with its values; a name may occur in several of them. */
export interface FieldNode {
  readonly name: string;
  readonly place: string;
  readonly values: readonly ConfigNode[];
}

/** Deeper is no configuration, and would exhaust the stack of whoever reads it. */
export const MAX_CONFIG_DEPTH = 32;

/** A parsed JSON or YAML value. Throws ConfigError on what no configuration holds. */
export function fromJson(value: unknown, place: string, depth = 0): ConfigNode {
  if (depth > MAX_CONFIG_DEPTH) throw new ConfigError(place, `is nested more than ${MAX_CONFIG_DEPTH} levels deep`);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') {
    return { kind: 'Scalar', place, text: String(value), form: 'Json' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ConfigError(place, `${value === null || value === undefined ? 'is empty' : 'is a list'}: give a value or leave the field out`);
  }
  const fields = Object.entries(value).map(([key, item]: [string, unknown]): FieldNode => {
    const path = place === '' || place.endsWith(' ') ? `${place}${key}` : `${place}.${key}`;
    const items: readonly unknown[] = Array.isArray(item) ? item : [item];
    const values = items.map((one, index) => fromJson(one, Array.isArray(item) ? `${path}[${index}]` : path, depth + 1));
    return { name: key, place: path, values };
  });
  return { kind: 'Message', place, form: 'Json', fields };
}
