import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { completeSpec, SPEC_DEFAULTS, wantedReplicas } from './defaults.js';

/** Every `default:` of the CRD's spec by its path. */
function readDefaults(): Record<string, unknown> {
  const crd: unknown = parse(readFileSync('crds/modeldeployments.slipway.dev.yaml', 'utf8'), { merge: true });
  const found: Record<string, unknown> = {};
  const walk = (schema: unknown, path: string): void => {
    const { default: value, properties, items } = toRecord(schema);
    if (value !== undefined) found[path] = value;
    for (const [name, property] of Object.entries(toRecord(properties))) walk(property, `${path}.${name}`);
    if (items !== undefined) walk(items, path);
  };
  const [version] = toList(toRecord(toRecord(crd)['spec'])['versions']);
  walk(toRecord(toRecord(toRecord(toRecord(version)['schema'])['openAPIV3Schema'])['properties'])['spec'], 'spec');
  return found;
}

function toRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function toList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

describe('defaults', () => {
  test('are those of the CRD, no more and no fewer', () => expect(SPEC_DEFAULTS).toEqual(readDefaults()));

  test('make the smallest spec complete', () => {
    expect(completeSpec({ model: { uri: 'oci://r/m:1' } })).toEqual({
      model: { uri: 'oci://r/m:1', digest: undefined, version: '1', allowUnpinned: false, secretName: undefined },
      ...{ resources: { requests: {}, limits: {} }, env: [], accelerator: undefined, replicas: 1, suspend: false },
    });
  });

  test('a digest in an oci uri is a pin; in any other it is a path', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    expect(completeSpec({ model: { uri: `oci://r/m:1@${digest}` } }).model.digest).toBe(digest);
    expect(completeSpec({ model: { uri: `https://r/m@${digest}` } }).model.digest).toBeUndefined();
  });

  test('numbers become the text that Kubernetes keeps', () => {
    expect(completeSpec({ model: { uri: 'x' }, runtime: { resources: { limits: { cpu: 2 } } } }).resources.limits).toEqual({ cpu: '2' });
  });

  test('suspended wants no pods, whatever the replicas', () => {
    expect(wantedReplicas(completeSpec({ model: { uri: 'x' }, replicas: 3, suspend: true }))).toBe(0);
  });
});
