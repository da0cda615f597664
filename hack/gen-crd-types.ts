/** CRD YAML → TypeScript types, so that the operator's code and the API that users see cannot drift apart. */
import { readFileSync, writeFileSync } from 'node:fs';
import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { type Crd, isObject, type JsonObject, parseCrd } from './crd-schema.js';

export const CRD_FILE = 'crds/modeldeployments.slipway.dev.yaml';
export const CRD_TYPES_FILE = 'operator/api/zz_generated.modeldeployment.ts';

/** Writes the generated types. Paths are relative to the repository's root, the working directory. */
export async function generateCrdTypes(): Promise<void> {
  const crd = parseCrd(readFileSync(CRD_FILE, 'utf8'), CRD_FILE);
  writeFileSync(CRD_TYPES_FILE, await renderCrdTypes(crd));
}

/** Pure but for the compiler's promise. */
export async function renderCrdTypes(crd: Crd): Promise<string> {
  const properties = crd.schema['properties'];
  if (!isObject(properties)) throw new Error(`${crd.name}: the schema has no properties`);
  const parts: string[] = [];
  for (const part of ['spec', 'status'] as const) {
    const schema = toJsonSchema(properties[part], part === 'spec' ? 'Spec' : 'Status', `${crd.kind}${part === 'spec' ? 'Spec' : 'Status'}`);
    parts.push(await compileTypes(schema, `${crd.kind}${part === 'spec' ? 'Spec' : 'Status'}`));
  }
  return `${renderHead(crd)}\n${parts.join('\n')}`;
}

function renderHead(crd: Crd): string {
  return `// Generated from ${CRD_FILE} by \`npm run generate\`. Do not edit.

/** Grows with each change of the CRD's schema; an operator needs a served CRD that is at least this new. */
export const CRD_SCHEMA_REVISION = ${crd.schemaRevision};

/** SHA-256 of the CRD's spec.versions as JSON with sorted keys and no spaces. */
export const CRD_SCHEMA_HASH = '${crd.schemaHash}';

export const CRD_NAME = '${crd.name}';

/** A type and not an interface: so it is assignable to records. Objects from a cache are shared, hence readonly throughout. */
export type ${crd.kind} = {
  readonly apiVersion: '${crd.group}/${crd.version}';
  readonly kind: '${crd.kind}';
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly generation?: number;
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: ${crd.kind}Spec;
  readonly status?: ${crd.kind}Status;
};
`;
}

async function compileTypes(schema: JSONSchema, name: string): Promise<string> {
  const text = await compile(schema, name, {
    additionalProperties: false,
    bannerComment: '',
    format: true,
    ignoreMinAndMaxItems: true,
    style: { singleQuote: true, printWidth: 150, semi: true },
  });
  return makeReadonly(text);
}

/** Prefixes each property with `readonly` and makes arrays readonly. Works on the compiler's output, one property a line. */
export function makeReadonly(text: string): string {
  return text
    .split('\n')
    .map((line) => {
      const property = /^(\s+)(\[?[A-Za-z_"'][^\s]*(?:: string\])?\??: )(.*)$/.exec(line);
      if (property === null || line.trimStart().startsWith('*')) return line;
      const [, indent = '', name = '', type = ''] = property;
      return `${indent}readonly ${name}${type.replace(/^([A-Za-z]+|\(.*\))\[\];$/, 'readonly $1[];')}`;
    })
    .join('\n');
}

/**
 * Kubernetes' schema dialect → JSON Schema with a title for each object, which becomes the interface's name:
 * spec.model → SpecModel, status.pods[] → StatusPod.
 */
export function toJsonSchema(node: unknown, path: string, title = path): JSONSchema {
  if (!isObject(node)) return {};
  const description = typeof node['description'] === 'string' ? { description: node['description'] } : {};
  if (node['x-kubernetes-int-or-string'] === true) return { ...description, type: ['integer', 'string'] };
  const type = node['type'];
  if (type === 'object') return { ...description, ...objectSchema(node, path, title) };
  if (type === 'array') return { ...description, type: 'array', items: toJsonSchema(node['items'], singular(path)) };
  const values = Array.isArray(node['enum']) ? { enum: node['enum'] } : {};
  if (type === 'string' || type === 'integer' || type === 'number' || type === 'boolean') return { ...description, ...values, type };
  throw new Error(`${path}: no TypeScript for the schema type "${String(type)}"`);
}

function objectSchema(node: JsonObject, path: string, title: string): JSONSchema {
  const additional = node['additionalProperties'];
  if (additional !== undefined) return { type: 'object', additionalProperties: toJsonSchema(additional, `${path}Value`) };
  const properties = isObject(node['properties']) ? node['properties'] : {};
  const fields = Object.entries(properties).map(([name, field]) => [name, toJsonSchema(field, `${path}${capital(name)}`)] as const);
  const required = Array.isArray(node['required']) ? node['required'].filter((name) => typeof name === 'string') : [];
  return { type: 'object', title, properties: Object.fromEntries(fields), required, additionalProperties: false };
}

function singular(path: string): string {
  return path.endsWith('s') ? path.slice(0, -1) : path;
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
