/** What placement explains is what the scheduler is told. */
import { describe, expect, test } from '@jest/globals';
import { makeNode } from '../../../test/builders/cluster.js';
import { randomCase } from '../../../test/scheduler/random-case.js';
import { viewNode } from '../../view/node-view.js';
import { type AcceleratorSpec, acceleratorNeed } from './accelerator-need.js';
import { deviceMismatches } from './device-match.js';
import { matchesNode } from './matches-node.js';
import { requiredTerms } from './required-terms.js';

const L4 = { 'nvidia.com/gpu.memory': '23034', 'nvidia.com/gpu.compute.major': '8', 'nvidia.com/gpu.compute.minor': '9' };
const SHARED = { 'nvidia.com/gpu.sharing-strategy': 'mps', 'nvidia.com/gpu.replicas': '4' };

describe('what is wrong with the devices of a node', () => {
  test.each<readonly [string, AcceleratorSpec, ReturnType<typeof makeNode>, readonly string[]]>([
    [
      'nothing',
      { vendor: 'nvidia', products: ['NVIDIA L4'], memory: '22Gi', minComputeCapability: '8.9' },
      makeNode('n', { gpus: 1, product: 'NVIDIA-L4', labels: L4 }),
      [],
    ],
    [
      'all of it',
      { vendor: 'nvidia', products: ['NVIDIA-H100'], memory: '80Gi', minComputeCapability: '9.0' },
      makeNode('n', { gpus: 1, product: 'NVIDIA-L4', labels: L4 }),
      ['another product', 'memory 23034Mi < 81920Mi', 'compute capability 8.9 < 9.0'],
    ],
    [
      'no labels',
      { vendor: 'nvidia', products: ['NVIDIA-H100'], memory: '80Gi', minComputeCapability: '9.0' },
      makeNode('n', { gpus: 1 }),
      ['no label nvidia.com/gpu.product', 'no label nvidia.com/gpu.memory', 'no label nvidia.com/gpu.compute.major'],
    ],
    [
      'shares where a whole one is asked for',
      { vendor: 'nvidia' },
      makeNode('n', { gpus: 4, product: 'NVIDIA-L4-SHARED' }),
      ['offers shares of whole devices under this name'],
    ],
    ['and by the label alone', { vendor: 'nvidia' }, makeNode('n', { gpus: 4, product: 'NVIDIA-L4', labels: SHARED }), ['shares its devices (mps)']],
    [
      'slices where a whole one is asked for',
      { vendor: 'nvidia' },
      makeNode('n', { gpus: 7, product: 'NVIDIA-A100-MIG-1g.10gb' }),
      ['offers slices 1g.10gb under this name'],
    ],
    [
      'shares of another kind',
      { vendor: 'nvidia', sharing: 'TimeSlice' },
      makeNode('n', { gpus: 4, product: 'NVIDIA-L4', labels: SHARED }),
      ['sharing is mps, not time-slicing'],
    ],
    ['none at all', { vendor: 'nvidia', sharing: 'MPS' }, makeNode('n', { gpus: 4, product: 'NVIDIA-L4' }), ['sharing is none, not mps']],
    [
      'a share that is too small',
      { vendor: 'nvidia', sharing: 'MPS', memory: '10Gi' },
      makeNode('n', { gpus: 4, product: 'NVIDIA-L4', labels: { ...L4, ...SHARED } }),
      ['memory 23034Mi / 4 < 10240Mi'],
    ],
    [
      'any minor version, so that none has to be said',
      { vendor: 'nvidia', minComputeCapability: '8.0' },
      makeNode('n', { gpus: 1, labels: { 'nvidia.com/gpu.compute.major': '8' } }),
      [],
    ],
    ['another vendor has no labels of NVIDIA', { vendor: 'amd' }, makeNode('n', { product: 'NVIDIA-L4-SHARED' }), []],
  ])('%s', (_, spec, node, want) => expect(deviceMismatches(acceleratorNeed(spec, []), viewNode(node))).toEqual(want));
});

test('the terms select the nodes that have nothing wrong, on 2,000 random clusters', () => {
  let [fine, wrong] = [0, 0];
  for (let index = 0; index < 2000; index++) {
    const { objects, spec } = randomCase(11, index);
    if (spec === undefined) continue;
    const nodes = objects.nodes.map(viewNode);
    const need = acceleratorNeed(spec, nodes);
    const terms = requiredTerms(need, nodes);
    for (const node of nodes) {
      const mismatches = deviceMismatches(need, node);
      expect([index, node.name, mismatches, matchesNode({ nodeSelector: {}, terms }, node)]).toEqual([
        index,
        node.name,
        mismatches,
        mismatches.length === 0,
      ]);
      if (mismatches.length === 0) fine += 1;
      else wrong += 1;
    }
  }
  expect(Math.min(fine, wrong)).toBeGreaterThan(500);
});

test('a product that no node has is asked for as it was written', () => {
  expect(requiredTerms(acceleratorNeed({ vendor: 'nvidia', products: ['NVIDIA H100 80GB'] }, []), [])).toEqual([
    {
      labels: [
        { key: 'nvidia.com/gpu.sharing-strategy', operator: 'NotIn', values: ['time-slicing', 'mps'] },
        { key: 'nvidia.com/gpu.product', operator: 'In', values: ['NVIDIA-H100-80GB'] },
      ],
      fields: [],
    },
  ]);
});

test('any device of another vendor will do', () => expect(requiredTerms(acceleratorNeed({ vendor: 'amd' }, []), [])).toBeUndefined());
