/** What the cluster and other people do: F8 to F13, F16, F19, F20. */
import { LABELS } from '../../contract/labels.js';
import { KINDS } from '../../operator/api/kinds.js';
import type { KubeObject, ResourceKind } from '../../operator/ports.js';
import { hasNode, type PodFate } from '../builders/simulated-kubernetes.js';
import type { FaultRow, Harm } from './faults.js';
import { isForeign } from './observer.js';
import { NAMESPACE, type SweepWorld } from './sweep-world.js';

const TRAFFIC: readonly Harm[] = ['Traffic', 'Pods'];
const EDITS_MS = 30_000;

/** What pods have told of the model: it comes back with the next pod, and a model at zero has none. */
const LEARNED = /"coldStart":\{[^}]*\},|"model":\{"(?:bytes|digest)".*?\},(?="(?:pods|replicas)")/g;

/** An edit of every object of a kind that is the operator's. */
const edit = (
  name: string,
  resource: ResourceKind,
  change: (world: SweepWorld, object: KubeObject) => void,
  harms: readonly Harm[] = [],
): FaultRow => ({
  ...{ id: 'F8', name, at: 'Write', harms },
  strike: (world) => {
    // not in the middle of the operator's own write
    world.later(0, () => {
      for (const object of world.api.objects(resource)) if (!isForeign(object)) change(world, object);
    });
    return undefined;
  },
});

const keyOf = ({ metadata }: KubeObject) => ({ namespace: metadata.namespace ?? '', name: metadata.name });

/** That happens to all pods for so long. */
const fate = (row: Pick<FaultRow, 'id' | 'name'>, ms: number, what: PodFate): FaultRow => ({
  ...{ ...row, at: 'Write', harms: TRAFFIC },
  strike: (world) => {
    setFate(world, what);
    world.later(ms, () => setFate(world, undefined));
    return undefined;
  },
});

function setFate(world: SweepWorld, what: PodFate | undefined): void {
  world.podWeather = what;
  world.stir();
}

function setRefusal(world: SweepWorld, words: string | undefined): void {
  world.refusal = words;
  world.stir();
}

const refusal = (row: Pick<FaultRow, 'id' | 'name'>, ms: number, words: string): FaultRow => ({
  ...{ ...row, at: 'Write' },
  strike: (world) => {
    setRefusal(world, words);
    world.later(ms, () => setRefusal(world, undefined));
    return undefined;
  },
});

export const CLUSTER_FAULTS: readonly FaultRow[] = [
  edit('replicas', KINDS.deployment, (world, each) => void world.api.update(KINDS.deployment, keyOf(each), { spec: { replicas: 0 } }), TRAFFIC),
  edit('more replicas', KINDS.deployment, (world, each) => void world.api.update(KINDS.deployment, keyOf(each), { spec: { replicas: 9 } }), TRAFFIC),
  edit(
    'labels of Deployments removed',
    KINDS.deployment,
    (world, each) =>
      void world.api.update(KINDS.deployment, keyOf(each), { metadata: { labels: { [LABELS.managedBy]: null, [LABELS.model]: null } } }),
  ),
  {
    ...edit('labels of revisions removed, and given back', KINDS.controllerRevision, (world, each) => {
      world.api.update(KINDS.controllerRevision, keyOf(each), { metadata: { labels: { [LABELS.managedBy]: null, [LABELS.model]: null } } });
      world.later(EDITS_MS, () => {
        if (world.api.get(KINDS.controllerRevision, keyOf(each))?.metadata.uid !== each.metadata.uid) return;
        world.api.update(KINDS.controllerRevision, keyOf(each), { metadata: { labels: each.metadata.labels ?? {} } });
      });
    }),
    // who cannot see the revisions that there are cannot count on from them
    forgives: new RegExp(`"revision":\\d+|${LEARNED.source}`, 'g'),
  },
  edit(
    'Service selects nothing',
    KINDS.service,
    (world, each) => void world.api.update(KINDS.service, keyOf(each), { spec: { selector: { [LABELS.revision]: 'none' } } }),
    TRAFFIC,
  ),
  edit('owners removed, and given back', KINDS.deployment, (world, each) => {
    world.api.update(KINDS.deployment, keyOf(each), { metadata: { ownerReferences: [] } });
    world.later(EDITS_MS, () => {
      if (world.api.get(KINDS.deployment, keyOf(each))?.metadata.uid !== each.metadata.uid) return;
      world.api.update(KINDS.deployment, keyOf(each), { metadata: { ownerReferences: each.metadata.ownerReferences ?? [] } });
    });
  }),
  edit('Deployments deleted', KINDS.deployment, (world, each) => world.discard(KINDS.deployment, keyOf(each)), TRAFFIC),
  edit('Services deleted', KINDS.service, (world, each) => world.discard(KINDS.service, keyOf(each)), TRAFFIC),
  edit('ServiceAccount deleted', KINDS.serviceAccount, (world, each) => world.discard(KINDS.serviceAccount, keyOf(each))),
  edit('PodDisruptionBudget deleted', KINDS.podDisruptionBudget, (world, each) => world.discard(KINDS.podDisruptionBudget, keyOf(each))),
  edit('pods deleted', KINDS.pod, (world, each) => world.discard(KINDS.pod, keyOf(each)), TRAFFIC),
  {
    ...edit(
      'status wiped',
      KINDS.modelDeployment,
      (world, each) =>
        void world.api.patchStatus(KINDS.modelDeployment, keyOf(each), Object.fromEntries(Object.keys(statusOf(each)).map((field) => [field, null]))),
    ),
    forgives: LEARNED,
  },
  edit('fields that nobody knows', KINDS.deployment, (world, each) => {
    world.api.update(KINDS.deployment, keyOf(each), { metadata: { labels: { 'somebody.test/note': 'x' } }, spec: { fieldOfTomorrow: { a: [1] } } });
    world.later(EDITS_MS, () => {
      if (world.api.get(KINDS.deployment, keyOf(each)) === undefined) return;
      world.api.update(KINDS.deployment, keyOf(each), { metadata: { labels: { 'somebody.test/note': null } }, spec: { fieldOfTomorrow: null } });
    });
  }),
  {
    ...{ id: 'F9', name: 'objects of a newer version with unknown fields', at: 'Act' },
    prepare: (world) => {
      world.api.create(KINDS.pod, {
        ...{ apiVersion: 'v1', kind: 'Pod' },
        metadata: { name: 'of-tomorrow', namespace: NAMESPACE, labels: { [LABELS.model]: 'reader', tomorrow: 'yes' } },
        spec: { containers: [], tomorrow: { deep: [null, 1, 'x'] } },
        status: { phase: 'Dreaming', conditions: 'none', containerStatuses: [{ state: { thinking: {} } }] },
      });
    },
    strike: () => undefined,
  },
  {
    ...{ id: 'F10', name: 'pods flap for 60 s', at: 'Act', harms: TRAFFIC },
    strike: (world) => {
      for (let at = 0; at < 60_000; at += 2000) {
        world.later(at, () => setFate(world, { kind: 'Unready' }));
        world.later(at + 1000, () => setFate(world, undefined));
      }
      return undefined;
    },
  },
  {
    ...{ id: 'F11', name: 'node lost for 6 min', at: 'Write', harms: TRAFFIC },
    strike: (world) => {
      setFate(world, { kind: 'NodeLost', message: '0/1 nodes are available: 1 node(s) had untolerated taint(s).' });
      world.later(60_000, () => {
        for (const pod of world.api.objects(KINDS.pod)) {
          if (pod.metadata.labels?.[LABELS.component] === 'serve' && hasNode(pod)) world.discard(KINDS.pod, keyOf(pod));
        }
        world.stir();
      });
      world.later(360_000, () => setFate(world, undefined));
      return undefined;
    },
  },
  refusal(
    { id: 'F12', name: 'quota refuses pods for 2 min' },
    120_000,
    'pods "x" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2',
  ),
  {
    ...{ id: 'F13', name: 'a thousand objects of others', at: 'Act' },
    prepare: (world) => {
      for (let index = 0; index < 1000; index++) {
        const resource = index % 2 === 0 ? KINDS.pod : KINDS.service;
        const { apiVersion, kind } = resource;
        world.api.create(resource, {
          apiVersion,
          kind,
          metadata: { name: `theirs-${index}`, namespace: NAMESPACE, labels: { app: 'theirs' } },
          spec: {},
        });
      }
    },
    strike: () => undefined,
  },
  fate({ id: 'F16', name: 'pods hang for 60 s' }, 60_000, { kind: 'Unready' }),
  {
    ...{ id: 'F19', name: 'storm of FailedCreate for 60 s', at: 'Act' },
    strike: (world) => {
      for (let at = 0; at < 60_000; at += 1000) {
        world.later(at, () => setRefusal(world, `Internal error occurred: failed calling webhook "w${at}": connection refused`));
      }
      world.later(60_000, () => setRefusal(world, undefined));
      return undefined;
    },
  },
  fate({ id: 'F20', name: 'kubelet starts anew' }, 10_000, { kind: 'Unready' }),
];

function statusOf(object: KubeObject): object {
  const status = object['status'];
  return typeof status === 'object' && status !== null ? status : {};
}
