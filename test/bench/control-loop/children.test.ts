import { expect, test } from '@jest/globals';
import { toManifest } from './children.js';

const metadata = { name: 'a', namespace: 'n', uid: 'u', resourceVersion: '1', generation: 2, creationTimestamp: 't', labels: { k: 'v' } };
const owned = { ...metadata, ownerReferences: [{ apiVersion: 'v1', kind: 'K', name: 'k', uid: 'o' }] };

test.each([
  [
    'a Deployment, without owner, status and the controller’s mark',
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { ...owned, annotations: { 'deployment.kubernetes.io/revision': '1' } },
      spec: { replicas: 1 },
      status: {},
    },
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a', namespace: 'n', labels: { k: 'v' } }, spec: { replicas: 1 } },
  ],
  [
    'a Service, without its address',
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'], ports: [] } },
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a', namespace: 'n', labels: { k: 'v' } }, spec: { ports: [] } },
  ],
  [
    'a headless Service, which asks for none',
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { clusterIP: 'None', clusterIPs: ['None'] } },
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a', namespace: 'n', labels: { k: 'v' } }, spec: { clusterIP: 'None' } },
  ],
  [
    'a ControllerRevision, with annotations and data',
    { apiVersion: 'apps/v1', kind: 'ControllerRevision', metadata: { ...owned, annotations: { d: '1' } }, data: { x: 1 }, revision: 1 },
    {
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: { name: 'a', namespace: 'n', labels: { k: 'v' }, annotations: { d: '1' } },
      data: { x: 1 },
      revision: 1,
    },
  ],
])('%s', (_, object, want) => expect(toManifest(object)).toEqual(want));
