import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { parseCrd } from './crd-schema.js';
import { renderChartCrd } from './sync-chart-crds.js';

const SOURCE = `# The source.
# Two lines of it.
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: things.example.dev
  annotations:
    slipway.dev/schema-revision: "3"
spec:
  group: example.dev
  names: {kind: Thing} # stays
  versions:
    - {name: v1, schema: {openAPIV3Schema: {type: object}}}
`;

test('is the source with its hash beside its revision', () => {
  const chart = parse(renderChartCrd(SOURCE));
  const source = parse(SOURCE);
  const { schemaHash } = parseCrd(SOURCE, 'x');
  expect(chart).toEqual({
    ...source,
    metadata: { ...source.metadata, annotations: { 'slipway.dev/schema-revision': '3', 'slipway.dev/schema-hash': schemaHash } },
  });
  expect(schemaHash).toMatch(/^sha256:[0-9a-f]{64}$/);
});

test('says where it comes from and keeps the comments inside', () => {
  const chart = renderChartCrd(SOURCE);
  expect(chart).toMatch(/^# Generated from crds\/.* Do not edit\.\napiVersion:/);
  expect(chart).toContain('# stays');
});
