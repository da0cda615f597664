/** One message of a configuration, field by field: checks names against CONFIG_KEYS and values against what is asked for. */
import { ConfigError } from './config-error.js';
import { CONFIG_KEYS, type ConfigMessage, type KeyTreatment, ONE_OF } from './config-keys.js';
import type { ConfigNode, FieldNode, MessageNode, ScalarNode } from './config-node.js';
import { suggest } from './nearest-name.js';
import { parseDecimal, parseFlag, parseInteger } from './scalars.js';

export interface MapEntry {
  readonly key: string;
  readonly value: ConfigNode;
}

/** `warnings` collects a sentence per field that is accepted and does nothing. */
export class MessageReader {
  readonly #fields = new Map<string, FieldNode>();

  /** Throws ConfigError on unknown, refused and contradicting fields. */
  constructor(
    readonly node: MessageNode,
    readonly type: ConfigMessage,
    readonly warnings: string[],
  ) {
    const keys = new Map<string, KeyTreatment>(Object.entries(CONFIG_KEYS[type]));
    for (const field of node.fields) {
      const name = node.form === 'Json' ? toSnakeCase(field.name) : field.name;
      const treatment = keys.get(name);
      if (treatment === undefined) throw new ConfigError(field.place, `"${field.name}" is no field of ${type}; ${suggest(name, [...keys.keys()])}`);
      this.#treat(name, treatment, field);
      const known = this.#fields.get(name);
      this.#fields.set(name, known === undefined ? field : { ...known, values: [...known.values, ...field.values] });
    }
    this.#checkOneOf(new Map<string, readonly string[]>(Object.entries(ONE_OF)).get(type) ?? []);
  }

  has(name: string): boolean {
    return this.#fields.has(name);
  }

  fail(name: string, problem: string): never {
    throw new ConfigError(this.#fields.get(name)?.place ?? this.node.place, problem);
  }

  text(name: string): string | undefined {
    const node = this.#scalar(name);
    if (node?.form === 'Text') throw new ConfigError(node.place, `"${name}" is a text: write it in quotes, "${node.text}"`);
    return node?.text;
  }

  integer(name: string, min: number, max: number): number | undefined {
    const node = this.#scalar(name);
    return node === undefined ? undefined : parseInteger(node, name, { min, max });
  }

  decimal(name: string): number | undefined {
    const node = this.#scalar(name);
    return node === undefined ? undefined : parseDecimal(node, name);
  }

  flag(name: string): boolean | undefined {
    const node = this.#scalar(name);
    return node === undefined ? undefined : parseFlag(node, name);
  }

  /** One of the names of an enum, or its number. */
  choice<Name extends string>(name: string, numbers: Readonly<Record<Name, number>>): Name | undefined {
    const node = this.#scalar(name);
    if (node === undefined) return undefined;
    const names = Object.keys(numbers);
    const isName = (text: string): text is Name => names.includes(text);
    const text = names.find(
      (one) => one === node.text || (node.form !== 'String' && String(new Map(Object.entries(numbers)).get(one)) === node.text),
    );
    if (node.form === 'String' || text === undefined || !isName(text)) {
      throw new ConfigError(
        node.place,
        `"${name}" is ${quote(node)}; ${suggest(node.text, names)}${node.form === 'String' ? ' (without quotes)' : ''}`,
      );
    }
    return text;
  }

  integers(name: string, min: number, max: number): number[] {
    return this.#scalars(name).map((node) => parseInteger(node, name, { min, max }));
  }

  decimals(name: string): number[] {
    return this.#scalars(name).map((node) => parseDecimal(node, name));
  }

  flags(name: string): boolean[] {
    return this.#scalars(name).map((node) => parseFlag(node, name));
  }

  message(name: string, type: ConfigMessage): MessageReader | undefined {
    const node = this.#single(name);
    return node === undefined ? undefined : this.#read(node, name, type);
  }

  messages(name: string, type: ConfigMessage): MessageReader[] {
    return (this.#fields.get(name)?.values ?? []).map((node) => this.#read(node, name, type));
  }

  /** Each key once; of equal ones the last, as protobuf has it. */
  entries(name: string): MapEntry[] {
    const nodes = this.#fields.get(name)?.values ?? [];
    const entries = nodes.flatMap((node) => (node.kind === 'Scalar' ? this.#noMessage(node, name) : entriesOf(node, name)));
    return [...new Map(entries.map((entry) => [entry.key, entry])).values()];
  }

  #read(node: ConfigNode, name: string, type: ConfigMessage): MessageReader {
    return node.kind === 'Scalar' ? this.#noMessage(node, name) : new MessageReader(node, type, this.warnings);
  }

  #noMessage(node: ScalarNode, name: string): never {
    throw new ConfigError(node.place, `"${name}" holds fields of its own, but is ${quote(node)}: write ${name} { … }`);
  }

  #treat(name: string, treatment: KeyTreatment, field: FieldNode): void {
    if (treatment.kind === 'Acts' || field.values.length === 0) return;
    if (treatment.kind === 'Warned') this.warnings.push(`${field.place}: "${name}" has no effect here: ${treatment.why}`);
    else if (!field.values.every((node) => node.kind === 'Scalar' && /^(false|False|f|0|)$/.test(node.text))) {
      throw new ConfigError(field.place, `"${name}" cannot be honoured: ${treatment.why}; take it out to serve the model without it`);
    }
  }

  #checkOneOf(names: readonly string[]): void {
    const [first, second] = names.filter((name) => this.#fields.has(name));
    if (first !== undefined && second !== undefined) this.fail(second, `"${second}" and "${first}" exclude each other: keep one`);
  }

  #single(name: string): ConfigNode | undefined {
    const [first, second] = this.#fields.get(name)?.values ?? [];
    if (second !== undefined) throw new ConfigError(second.place, `"${name}" has one value, and got a second one`);
    return first;
  }

  #scalar(name: string): ScalarNode | undefined {
    const node = this.#single(name);
    if (node?.kind === 'Message') throw new ConfigError(node.place, `"${name}" is one value and has no fields`);
    return node;
  }

  #scalars(name: string): ScalarNode[] {
    return (this.#fields.get(name)?.values ?? []).map((node) => {
      if (node.kind === 'Message') throw new ConfigError(node.place, `"${name}" is a list of plain values and has no fields`);
      return node;
    });
  }
}

function entriesOf(node: MessageNode, name: string): MapEntry[] {
  if (node.form === 'Json') {
    return node.fields.map(({ name: key, place, values: [value, second] }) => {
      if (value === undefined || second !== undefined) throw new ConfigError(place, `"${key}" in "${name}" has one value: it is no list`);
      return { key, value };
    });
  }
  const find = (wanted: string): ConfigNode => {
    const [value] = node.fields.find((field) => field.name === wanted)?.values ?? [];
    if (value === undefined) throw new ConfigError(node.place, `an entry of "${name}" is { key: … value: … }, but has no ${wanted}`);
    return value;
  };
  const stranger = node.fields.find((field) => field.name !== 'key' && field.name !== 'value');
  if (stranger !== undefined) throw new ConfigError(stranger.place, `an entry of "${name}" has key and value, and no "${stranger.name}"`);
  const key = find('key');
  if (key.kind === 'Message') throw new ConfigError(key.place, `the key of an entry of "${name}" is a plain value`);
  return [{ key: key.text, value: find('value') }];
}

/** protobuf's JSON names fields in camel case, and reads both. */
export function toSnakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function quote(node: ScalarNode): string {
  return JSON.stringify(node.text.length > 40 ? `${node.text.slice(0, 40)}…` : node.text);
}
