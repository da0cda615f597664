/** The guide's health script and expressions, and our own kstatus, beside the tools' own code. No cluster is needed. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../operator/ports.js';
import { asList, asRecord, asText, isRecord } from '../../operator/view/json.js';
import { computeKstatus } from '../builders/kstatus.js';
import { makeModelDeployment } from '../builders/model-deployment.js';
import { SITUATIONS } from '../builders/situations.js';
import { readDocument } from '../docs/documents.js';
import { judge, type Verdict } from './judge.js';

const TIMEOUT_MS = 600_000;
const HEALTHS = ['Healthy', 'Progressing', 'Degraded', 'Suspended'];
const manifests = readDocument('docs/guides/gitops.md').blocks.flatMap(({ language, text }) => {
  return language === 'yaml' ? parseAllDocuments(text).map((parsed) => asRecord(parsed.toJS())) : [];
});
const lua = asText(asRecord(ofKind('ConfigMap')['data'])['resource.customizations.health.slipway.dev_ModelDeployment']) ?? '';
const { apiVersion: _, kind: __, ...cel } = texts(asList(asRecord(ofKind('Kustomization')['spec'])['healthCheckExprs'])[0]);

function ofKind(kind: string): Readonly<Record<string, unknown>> {
  const found = manifests.find((manifest) => manifest['kind'] === kind);
  if (found === undefined) throw new Error(`The guide has no ${kind}`);
  return found;
}

function texts(value: unknown): Record<string, string> {
  if (!isRecord(value)) throw new Error('The guide has no healthCheckExprs');
  return Object.fromEntries(Object.entries(value).map(([key, text]) => [key, asText(text) ?? '']));
}

describe('what the tools say', () => {
  const verdicts = new Map<string, Verdict>();
  beforeAll(async () => {
    const objects = await Promise.all(SITUATIONS.map(({ make }) => make()));
    const said = await judge(objects.map((object) => ({ object, lua, cel })));
    for (const [index, { name }] of SITUATIONS.entries()) {
      const verdict = said[index];
      if (verdict !== undefined) verdicts.set(name, verdict);
    }
  }, TIMEOUT_MS);

  test.each(SITUATIONS)('$name', ({ name, want }) => {
    const said = verdicts.get(name);
    expect({ kstatus: said?.kstatus.status, argo: said?.argo?.status, flux: said?.flux?.status }).toEqual({
      kstatus: want.kstatus,
      argo: want.argo,
      flux: want.flux ?? want.kstatus,
    });
    expect(said?.argo?.message).not.toBe('');
  });
});

/** Any combination of what the rules look at. */
function variants(): KubeObject[] {
  const condition = (type: string, status: string) => ({ type, status, reason: 'Any', message: `${type} is ${status}` });
  const states = [undefined, 'True', 'False', 'Unknown'];
  const objects: KubeObject[] = [];
  for (const [generation, observed] of [
    [2, 2],
    [2, 1],
    [2, -1],
    [2, undefined],
  ] as const) {
    for (const ready of states) {
      for (const stalled of states) {
        for (const reconciling of states) {
          const given = { Ready: ready, Stalled: stalled, Reconciling: reconciling };
          const conditions = Object.entries(given).flatMap(([type, status]) => (status === undefined ? [] : [condition(type, status)]));
          const status = { ...(observed === undefined ? {} : { observedGeneration: observed }), conditions };
          const made: KubeObject = makeModelDeployment().generation(generation).obj();
          objects.push({ ...made, status });
          objects.push({ ...made, status: { ...status, conditions: [...conditions].reverse() } });
        }
      }
    }
  }
  const bare: KubeObject = makeModelDeployment().obj();
  const going: KubeObject = makeModelDeployment().metadata({ deletionTimestamp: '2026-01-01T00:00:00Z' }).obj();
  return [...objects, bare, { ...bare, status: {} }, { ...bare, status: { conditions: [] } }, going, { ...going, status: { observedGeneration: 9 } }];
}

test(
  'our kstatus is the real one, and the script has an answer to everything',
  async () => {
    const objects = variants();
    const said = await judge(objects.map((object) => ({ object, lua })));
    expect(said).toHaveLength(objects.length);
    expect(objects.map(computeKstatus)).toEqual(said.map(({ kstatus }) => kstatus.status));
    for (const { argo, kstatus } of said) {
      expect(HEALTHS).toContain(argo?.status);
      if (kstatus.status === 'Failed') expect(argo?.status).not.toBe('Healthy');
    }
  },
  TIMEOUT_MS,
);

test(
  'a script that fails is a failure here, too',
  async () => {
    const object: KubeObject = makeModelDeployment().obj();
    await expect(judge([{ object, lua: 'return obj.nothing.at.all' }])).rejects.toThrow('attempt to index');
    await expect(judge([{ object, lua: 'return string.len("x")' }])).rejects.toThrow('string'); // a library that Argo CD does not give
  },
  TIMEOUT_MS,
);
