/** The fields of a structural schema, as people write them: `spec.runtime.env[].name`. Pure. */
import { isObject, type JsonObject } from '../../hack/crd-schema.js';

export interface SchemaField {
  readonly path: string;
  readonly schema: JsonObject;
}

/** Every field below `path`, parents before children. */
export function listFields(schema: JsonObject, path = ''): SchemaField[] {
  const { properties, items } = schema;
  if (isObject(items)) return listFields(items, `${path}[]`);
  if (!isObject(properties)) return [];
  return Object.entries(properties).flatMap(([name, field]) => {
    if (!isObject(field)) return [];
    const at = path === '' ? name : `${path}.${name}`;
    return [{ path: at, schema: field }, ...listFields(field, at)];
  });
}

/** Texts of the CEL rules of a schema and of all below it. Those of a messageExpression are its quoted parts. */
export function listRefusals(schema: JsonObject): string[] {
  const own = Array.isArray(schema['x-kubernetes-validations']) ? schema['x-kubernetes-validations'].flatMap(readTexts) : [];
  const { properties, items } = schema;
  const below = [...(isObject(properties) ? Object.values(properties) : []), items];
  return [...own, ...below.flatMap((part) => (isObject(part) ? listRefusals(part) : []))];
}

function readTexts(rule: unknown): string[] {
  if (!isObject(rule)) return [];
  const { message, messageExpression } = rule;
  if (typeof message === 'string') return [message];
  if (typeof messageExpression !== 'string') return [];
  return [...messageExpression.matchAll(/'([^']{4,})'/g)].map((match) => (match[1] ?? '').trim());
}

/** What is wrong with a value, by the names and types of its fields; CEL rules are the API server's. */
export function findProblems(schema: JsonObject, value: unknown, path: string): string[] {
  if (schema['x-kubernetes-int-or-string'] === true) return typeof value === 'string' || typeof value === 'number' ? [] : [`${path} is no quantity`];
  switch (schema['type']) {
    case 'object':
      return isObject(value) ? findObjectProblems(schema, value, path) : [`${path} is no object`];
    case 'array':
      if (!Array.isArray(value)) return [`${path} is no list`];
      return value.flatMap((item, index) => (isObject(schema['items']) ? findProblems(schema['items'], item, `${path}[${index}]`) : []));
    case 'integer':
      return Number.isInteger(value) ? [] : [`${path} is no whole number`];
    case 'boolean':
    case 'number':
      return typeof value === schema['type'] ? [] : [`${path} is no ${schema['type']}`];
    default:
      return findStringProblems(schema, value, path);
  }
}

function findObjectProblems(schema: JsonObject, value: JsonObject, path: string): string[] {
  const { properties, additionalProperties, required } = schema;
  if (isObject(additionalProperties))
    return Object.entries(value).flatMap(([key, field]) => findProblems(additionalProperties, field, `${path}.${key}`));
  if (!isObject(properties)) return []; // metadata, which the API server knows
  const missing = (Array.isArray(required) ? required : []).filter((name) => !(String(name) in value)).map((name) => `${path}.${name} is missing`);
  const wrong = Object.entries(value).flatMap(([key, field]) => {
    const known = properties[key];
    return isObject(known) ? findProblems(known, field, `${path}.${key}`) : [`${path}.${key} is not known`];
  });
  return [...missing, ...wrong];
}

function findStringProblems(schema: JsonObject, value: unknown, path: string): string[] {
  if (typeof value !== 'string') return [`${path} is no text`];
  const values = schema['enum'];
  return Array.isArray(values) && !values.includes(value) ? [`${path} "${value}" is none of ${values.join(', ')}`] : [];
}
