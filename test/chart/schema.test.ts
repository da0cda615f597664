/** The schema and the values describe each other: no value without a comment, none that the schema does not know, no open object. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { isMap, isScalar, parse, parseDocument, type YAMLMap } from 'yaml';
import { at, CHART, isRecord } from './helm-template.js';

const schema: unknown = JSON.parse(readFileSync(join(CHART, 'values.schema.json'), 'utf8'));
const valuesText = readFileSync(join(CHART, 'values.yaml'), 'utf8');

/** Paths of objects with named fields that let others in. */
function openObjects(node: unknown, path: string): string[] {
  if (!isRecord(node)) return [];
  const properties = at(node, 'properties');
  const own = isRecord(properties) && node['additionalProperties'] !== false ? [path] : [];
  const below = isRecord(properties) ? Object.entries(properties).flatMap(([name, child]) => openObjects(child, `${path}.${name}`)) : [];
  return [...own, ...below, ...openObjects(node['items'], `${path}[]`)];
}

/** Dotted paths of a schema's fields, down to where a free form begins. */
function fieldsOf(node: unknown, path: string): string[] {
  const properties = at(node, 'properties');
  if (!isRecord(properties)) return [path];
  return Object.entries(properties).flatMap(([name, child]) => fieldsOf(child, path === '' ? name : `${path}.${name}`));
}

function hasField(values: unknown, path: string): boolean {
  return at(values, ...path.split('.')) !== undefined;
}

/** Keys without a comment right above them, but for those whose fields are all commented. */
function uncommented(map: YAMLMap, path: string): string[] {
  return map.items.flatMap((pair, index) => {
    const key = isScalar(pair.key) ? pair.key : undefined;
    const name = path === '' ? String(key?.value) : `${path}.${String(key?.value)}`;
    if (isMap(pair.value) && pair.value.items.length > 0) return uncommented(pair.value, name);
    const comment = key?.commentBefore ?? (index === 0 ? map.commentBefore : undefined);
    return comment === undefined || comment === null || comment.trim() === '' ? [name] : [];
  });
}

describe('values.schema.json', () => {
  test('every object is closed, but for the globals that parent charts share', () => {
    expect(openObjects(schema, '')).toEqual(['.global']);
  });

  test('every value of values.yaml passes by name, and every field has a default there', () => {
    const values: unknown = parse(valuesText);
    const free = /^(nodeSelector|affinity|resources)\b/; // empty by default, or a part of a pod
    expect(fieldsOf(schema, '').filter((path) => !free.test(path) && !hasField(values, path))).toEqual([]);
  });

  test('the golden of everything gives every value', () => {
    const everything: unknown = parse(readFileSync(join('test', 'chart', 'values', 'everything.yaml'), 'utf8'));
    const absent = fieldsOf(schema, '').filter((path) => !/^(affinity\b|images.runtime.digest$)/.test(path) && !hasField(everything, path));
    expect(absent).toEqual([]);
  });

  test('every value has a comment', () => {
    const root = parseDocument(valuesText).contents;
    if (!isMap(root)) throw new Error('values.yaml is not a map');
    expect(uncommented(root, '').filter((path) => !/^resources\./.test(path))).toEqual([]);
  });
});
