/**
 * config.yaml of `slipway serve --config`: the flags by their names without dashes, `path` in place of the argument, and
 * `models`, by name, with the fields of config.pbtxt.
 */
import { LineCounter, parseDocument } from 'yaml';
import { ConfigError } from './config-error.js';
import { fromJson, type MessageNode } from './config-node.js';
import { suggest } from './nearest-name.js';
import { readModelConfig } from './read-model-config.js';

export interface ServerFile {
  readonly path?: string;
  /** By flag without dashes, as text: what the command line would hold. */
  readonly flags: ReadonlyMap<string, string>;
  readonly models: ReadonlyMap<string, MessageNode>;
}

/** `knownFlags` without dashes. Throws ConfigError that names the place in `file`. */
export function parseServerFile(text: string, file: string, knownFlags: readonly string[]): ServerFile {
  const flags = new Map<string, string>();
  let path: string | undefined;
  let models: ReadonlyMap<string, MessageNode> = new Map();
  for (const { name, place, values } of parseRoot(text, file).fields) {
    if (name === 'models') models = readModels(values, place);
    else if (name !== 'path' && !knownFlags.includes(name))
      throw new ConfigError(place, `"${name}" is no setting of the server; ${suggest(name, ['path', 'models', ...knownFlags])}`);
    else {
      const [value, second] = values;
      if (value?.kind !== 'Scalar' || second !== undefined) throw new ConfigError(place, `"${name}" is one plain value`);
      if (name === 'path') path = value.text;
      else flags.set(name, value.text);
    }
  }
  return { flags, models, ...(path === undefined ? {} : { path }) };
}

function parseRoot(text: string, file: string): MessageNode {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, schema: 'core', version: '1.2' });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lineCounter.linePos(error.pos[0]);
    throw new ConfigError(`${file}:${line}:${col}`, error.message);
  }
  const value: unknown = toValue(document, file);
  if (value === null || value === undefined) return { kind: 'Message', place: file, form: 'Json', fields: [] };
  if (typeof value !== 'object' || Array.isArray(value)) throw new ConfigError(file, 'is no map: write settings as "name: value", one a line');
  const node = fromJson(value, `${file}: `);
  if (node.kind === 'Scalar') throw new ConfigError(file, 'is no map of settings');
  return node;
}

/** Aliases that would unfold into a bomb are refused by the library. */
function toValue(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw new ConfigError(file, cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function readModels(values: MessageNode['fields'][number]['values'], place: string): Map<string, MessageNode> {
  const [all, second] = values;
  if (all?.kind !== 'Message' || second !== undefined)
    throw new ConfigError(place, '"models" is a map: names of models, and below each the fields of config.pbtxt');
  return new Map(
    all.fields.map(({ name, place: at, values: [node, other] }) => {
      if (node?.kind !== 'Message' || other !== undefined) throw new ConfigError(at, `"${name}" is a map with the fields of config.pbtxt`);
      readModelConfig(node); // says what is wrong before anything is loaded
      return [name, node];
    }),
  );
}
