/** What a pod takes, by examples; `test/scheduler` holds it against the scheduler's own count on random pods. */
import { describe, expect, test } from '@jest/globals';
import type { Json } from './json.js';
import { podResources } from './pod-resources.js';

const asks = (cpu: string, more: Json = {}): Json => ({ name: 'c', resources: { requests: { cpu } }, ...more });
const sidecar = (cpu: string): Json => asks(cpu, { restartPolicy: 'Always' });
const said = (fields: Json): Json => ({ containerStatuses: [{ name: 'c', ...fields }] });

describe('cpu of a pod', () => {
  test.each<readonly [string, Json, Json, number]>([
    ['containers are added', { containers: [asks('100m'), asks('200m')] }, {}, 300],
    ['exactly, and rounded up once', { containers: [asks('400u'), asks('400u')] }, {}, 1],
    ['an init container that needs more', { initContainers: [asks('1')], containers: [asks('100m')] }, {}, 1000],
    ['init containers run one after the other', { initContainers: [asks('1'), asks('500m')], containers: [asks('700m')] }, {}, 1000],
    ['a sidecar runs with the containers', { initContainers: [sidecar('300m')], containers: [asks('700m')] }, {}, 1000],
    ['and with init containers after it', { initContainers: [sidecar('300m'), asks('1')], containers: [asks('700m')] }, {}, 1300],
    ['not with those before it', { initContainers: [asks('1'), sidecar('300m')], containers: [asks('100m')] }, {}, 1000],
    ['overhead comes on top', { containers: [asks('100m')], overhead: { cpu: '50m' } }, {}, 150],
    ['a limit alone is a request', { containers: [{ resources: { limits: { cpu: '2' } } }] }, {}, 2000],
    [
      'what the pod asks for as a whole counts instead',
      { containers: [asks('1')], resources: { requests: { cpu: '3' } }, overhead: { cpu: '1' } },
      {},
      4000,
    ],
    ['while it shrinks, what it still has', { containers: [asks('1')] }, said({ resources: { requests: { cpu: '2' } } }), 2000],
    ['while it grows, what it is to have', { containers: [asks('3')] }, said({ resources: { requests: { cpu: '2' } } }), 3000],
    ['and what the kubelet has set aside', { containers: [asks('1')] }, said({ resources: {}, allocatedResources: { cpu: '4' } }), 4000],
    [
      'not what its node can never give it',
      { containers: [asks('9')] },
      { ...said({ resources: { requests: { cpu: '2' } } }), conditions: [{ type: 'PodResizePending', reason: 'Infeasible' }] },
      2000,
    ],
  ])('%s', (_, spec, status, want) => expect(podResources(spec, status).requests.get('cpu')).toBe(want));
});

test('limits are those of containers, and overhead where there are any', () => {
  const containers = [{ resources: { limits: { cpu: '1', 'nvidia.com/gpu': '2' } } }, { resources: { limits: { cpu: '500m' } } }];
  expect([...podResources({ containers, overhead: { cpu: '100m', memory: '1Mi' } }).limits]).toEqual([
    ['cpu', 1600],
    ['nvidia.com/gpu', 2],
  ]);
});

test('what a container does not set is named', () => {
  expect(podResources({ containers: [asks('1'), { resources: { limits: { memory: '1Gi' } } }] }).unset).toEqual([
    'requests.cpu',
    'requests.memory',
    'limits.cpu',
    'limits.memory',
  ]);
  expect(podResources({ containers: [{ resources: { limits: { cpu: '1', memory: '1Gi' } } }] }).unset).toEqual([]);
});
