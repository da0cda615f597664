import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { LABELS } from '../contract/labels.js';
import { parseTermination } from '../contract/termination.js';
import { chooseKwok, KWOK_TAINT, kwokFiles, kwokNode, kwokNodeNames, NO_KWOK, readStages } from './kwok.js';
import { planNodes } from './kwok-nodes.js';

const THREE = { nodes: 3, gpusPerNode: 8, alone: false };

describe('what is asked for', () => {
  test('stays as it is where nothing is said', () => {
    expect(chooseKwok(THREE, {})).toEqual(THREE);
    expect(chooseKwok(THREE, { kwokNodes: 5 })).toEqual({ ...THREE, nodes: 5 });
    expect(chooseKwok(NO_KWOK, { kwokNodes: 2, kwokOnly: true })).toEqual({ nodes: 2, gpusPerNode: 0, alone: true });
  });

  test('none: kwok goes, and a real node comes back', () => {
    expect(chooseKwok({ ...THREE, alone: true }, { kwokNodes: 0 })).toEqual(NO_KWOK);
  });

  test.each([
    [{ kwokNodes: 1001 }, '--kwok-nodes "1001" cannot be: use 0 to 1000'],
    [{ kwokNodes: Number.NaN }, '--kwok-nodes "NaN" cannot be: use 0 to 1000'],
    [{ kwokNodes: 1, kwokGpus: 17 }, '--kwok-gpus "17" cannot be: use 0 to 16'],
    [{ kwokGpus: 8 }, '--kwok-gpus describes pretended nodes and the cluster has none: say how many with --kwok-nodes, such as 100'],
    [{ kwokOnly: true }, '--kwok-only describes pretended nodes and the cluster has none: say how many with --kwok-nodes, such as 100'],
  ])('%j is refused with flag, value and fix', (wish, message) => {
    expect(() => chooseKwok(NO_KWOK, wish)).toThrow(message);
  });
});

describe('nodes', () => {
  test('are tainted beside a real one, and not where there is no other', () => {
    expect(kwokNode('kwok-0000', THREE)).toMatchObject({ spec: { taints: [KWOK_TAINT] }, status: { allocatable: { 'nvidia.com/gpu': '8' } } });
    expect(kwokNode('kwok-0000', { ...THREE, alone: true })).toMatchObject({ spec: {} });
  });

  test.each<[string, string[][], { missing: string[]; surplus: string[] }]>([
    ['none yet', [], { missing: ['kwok-0000', 'kwok-0001', 'kwok-0002'], surplus: [] }],
    [
      'one of another shape, one too many',
      [
        ['kwok-0000', '8-1000-tainted'],
        ['kwok-0001', '4-1000-tainted'],
        ['kwok-0007', '8-1000-tainted'],
      ],
      { missing: ['kwok-0001', 'kwok-0002'], surplus: ['kwok-0001', 'kwok-0007'] },
    ],
    ['all there', kwokNodeNames(THREE).map((name) => [name, '8-1000-tainted']), { missing: [], surplus: [] }],
  ])('%s', (_, found, want) => {
    expect(planNodes(found, THREE)).toEqual(want);
  });
});

describe('stages', () => {
  const stages = readStages();
  const all = stages.join('\n');

  test('have names that differ, and kwok gets every one', () => {
    const names = stages.map((text): unknown => parse(text).metadata.name);
    expect(new Set(names).size).toBe(stages.length);
    expect(names).toEqual(expect.arrayContaining(['node-initialize', 'node-heartbeat-with-lease', 'pod-ready', 'pod-resolved', 'pod-deleted']));
    const config = kwokFiles()['kwok.yaml'] ?? '';
    expect(config.split('\n---\n')).toHaveLength(stages.length + 1);
  });

  test('say what containers of Slipway say', () => {
    const said = [...all.matchAll(/`(\{"[^`]*\})`/g)].map(([, text = '']) => parseTermination(text));
    expect(said.map((one) => one?.code).sort()).toEqual(['DIGEST_MISMATCH', 'MODEL_INVALID', ...Array.from({ length: 6 }, () => 'OK')]);
  });

  test('know pods by the labels that the operator writes', () => {
    expect(all).toContain(`.metadata.labels["${LABELS.component}"]`);
  });
});
