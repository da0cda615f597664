import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { makeNode, makePlacedPod, makeQuota } from '../../test/builders/cluster.js';
import { viewCluster } from './cluster-view.js';
import { viewPodDemand } from './pod-demand.js';

describe('viewCluster', () => {
  test('counts what takes place: pods that end, not pods that have ended, not pods without a node', () => {
    const { nodes } = viewCluster({
      nodes: [makeNode('n1', { gpus: 8 })],
      pods: [
        makePlacedPod('runs', { node: 'n1', gpus: 1 }),
        makePlacedPod('ends', { node: 'n1', gpus: 2, isTerminating: true }),
        makePlacedPod('failed', { node: 'n1', gpus: 1, phase: 'Failed' }),
        makePlacedPod('done', { node: 'n1', gpus: 1, phase: 'Succeeded' }),
        makePlacedPod('waits', { gpus: 1, phase: 'Pending' }),
        makePlacedPod('elsewhere', { node: 'n2', gpus: 1 }),
      ],
      quotas: [],
    });
    expect(nodes.map(({ pods, used }) => [pods.map(({ name }) => name), used.get('nvidia.com/gpu')])).toEqual([[['ends', 'runs'], 3]]);
  });

  test('is sorted, whatever order comes', () => {
    const nodes = [makeNode('b'), makeNode('a')];
    const pods = [makePlacedPod('y', { node: 'a' }), makePlacedPod('x', { node: 'a' }), makePlacedPod('x', { node: 'a', namespace: 'bar' })];
    const quotas = [makeQuota('q2', {}, {}), makeQuota('q1', {}, {})];
    const view = viewCluster({ nodes, pods, quotas });
    expect(viewCluster({ nodes: nodes.toReversed(), pods: pods.toReversed(), quotas: quotas.toReversed() })).toEqual(view);
    expect(view.nodes[0]?.pods.map(({ namespace, name }) => `${namespace}/${name}`)).toEqual(['bar/x', 'shop/x', 'shop/y']);
  });

  test('a quota without a status yet is what its spec says', () => {
    const quota = { ...makeQuota('q', { pods: '2' }, {}, { scopes: ['NotTerminating'] }), status: {} };
    expect(viewCluster({ nodes: [], pods: [], quotas: [quota] }).quotas).toEqual([
      {
        namespace: 'shop',
        name: 'q',
        hard: new Map([['pods', 2]]),
        used: new Map(),
        scopes: [{ scope: 'NotTerminating', operator: 'Exists', values: [] }],
      },
    ]);
  });
});

test('views never throw', () => {
  const fields = fc.dictionary(fc.constantFrom('spec', 'status', 'resources', 'containers', 'affinity', 'tolerations'), fc.jsonValue());
  fc.assert(
    fc.property(fields, fields, (spec, status) => {
      const object = { apiVersion: 'v1', kind: 'X', metadata: { name: 'x' }, spec: { nodeName: 'x', ...spec }, status };
      const { nodes } = viewCluster({ nodes: [object], pods: [object], quotas: [object] });
      expect(nodes).toHaveLength(1);
      expect(viewPodDemand('shop', object).tolerations.length).toBeGreaterThan(1);
    }),
  );
});
