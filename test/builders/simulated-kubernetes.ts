/** Deployment controller, scheduler, kubelet and garbage collector in miniature, over the in-memory API. Each step is one move of each. */
import { LABELS } from '../../contract/labels.js';
import { CONTAINERS } from '../../contract/paths.js';
import { formatTermination, TERMINATION_CODES, type Termination } from '../../contract/termination.js';
import { KINDS } from '../../operator/api/kinds.js';
import type { KubeObject } from '../../operator/ports.js';
import { asInteger, asList, asRecord, asText, type Json } from '../../operator/view/json.js';
import type { FakeCluster } from '../fakes/fake-cluster.js';

export type PodFate =
  | { readonly kind: 'Ready' }
  /** The init container ends so, again and again. */
  | { readonly kind: 'FetchFails'; readonly termination: Termination }
  /** The init container ended well; the runtime ends so, again and again. */
  | { readonly kind: 'LoadFails'; readonly termination: Termination }
  | { readonly kind: 'Unschedulable'; readonly message: string }
  | { readonly kind: 'ImagePull'; readonly message: string }
  /** Runs, and answers no probe: hung, or its kubelet is away. */
  | { readonly kind: 'Unready' }
  /** Nobody hears of its node: who was ready there is not so any more, else nothing is told; who has no node gets none. */
  | { readonly kind: 'NodeLost'; readonly message: string };

export interface Fates {
  /** What a resolver pod answers for a uri. */
  resolve(uri: string): Termination;
  /** What becomes of a serving pod, from the digest in its annotations. */
  serve(digest: string): PodFate;
  /** Why no pod of a Deployment can be made now; undefined when it can. */
  refuse?(): string | undefined;
}

/** Where it lives: the whole in-memory API, or its store alone. */
export type SimulatedCluster = Pick<FakeCluster, 'clock' | 'create' | 'update' | 'patchStatus' | 'remove' | 'get' | 'objects'>;

export class SimulatedKubernetes {
  readonly #startedOf = new Set<string>();

  constructor(
    readonly cluster: SimulatedCluster,
    readonly fates: Fates,
  ) {}

  /** At most one pod of each revision becomes ready in a step: half-ready revisions are a state of their own. */
  step(): void {
    this.#startedOf.clear();
    for (const deployment of this.cluster.objects(KINDS.deployment)) this.#stepDeployment(deployment);
    for (const pod of this.cluster.objects(KINDS.pod)) {
      if (pod.metadata.labels?.[LABELS.component] === 'resolve') this.#runResolver(pod);
      else if (!this.#hasDeployment(pod)) this.cluster.remove(KINDS.pod, keyOf(pod));
      else if (!isFinished(pod)) this.#runServer(pod);
    }
  }

  /** What is left of a failed pod counts for nothing and stays, as in Kubernetes. */
  #podsOf(deployment: KubeObject): KubeObject[] {
    return this.cluster.objects(KINDS.pod).filter((pod) => pod.metadata.labels?.[LABELS.revision] === deployment.metadata.name && !isFinished(pod));
  }

  #hasDeployment(pod: KubeObject): boolean {
    const name = pod.metadata.labels?.[LABELS.revision] ?? '';
    return this.cluster.get(KINDS.deployment, { ...keyOf(pod), name }) !== undefined;
  }

  #stepDeployment(deployment: KubeObject): void {
    const spec = asRecord(deployment['spec']);
    const desired = asInteger(spec['replicas']) ?? 1;
    const pods = this.#podsOf(deployment);
    for (const pod of pods.slice(desired)) this.cluster.remove(KINDS.pod, keyOf(pod));
    const refusal = pods.length < desired ? this.fates.refuse?.() : undefined;
    for (let index = pods.length; index < desired && refusal === undefined; index++) this.#createPod(deployment, asRecord(spec['template']));
    const now = this.#podsOf(deployment);
    this.cluster.patchStatus(KINDS.deployment, keyOf(deployment), {
      observedGeneration: deployment.metadata.generation ?? 1,
      replicas: now.length,
      readyReplicas: now.filter(isReady).length,
      ...(this.fates.refuse === undefined ? {} : { conditions: refusal === undefined ? [] : [replicaFailure(refusal)] }),
    });
  }

  /** Under the first name that is free. */
  #createPod({ metadata }: KubeObject, template: Json): void {
    const { labels, annotations } = asRecord(template['metadata']);
    const rs = `${metadata.name}-5d4f`;
    const { namespace = '' } = metadata;
    let index = 0;
    while (this.cluster.get(KINDS.pod, { namespace, name: `${rs}-${index}` }) !== undefined) index++;
    this.cluster.create(KINDS.pod, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: `${rs}-${index}`,
        ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
        labels: texts(labels),
        annotations: texts(annotations),
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: rs, uid: `uid-${rs}`, controller: true }],
      },
      spec: asRecord(template['spec']),
      status: { phase: 'Pending' },
    });
  }

  #runServer(pod: KubeObject): void {
    const fate = this.fates.serve(pod.metadata.annotations?.['slipway.dev/digest'] ?? '');
    switch (fate.kind) {
      case 'Ready':
        if (!isReady(pod) && !this.#mayStart(pod)) return;
        this.#place(pod, { phase: 'Running', podIP: '10.0.0.1', ...READY });
        return;
      case 'Unready':
        this.#place(pod, { phase: 'Running', podIP: '10.0.0.1', ...READY, conditions: [SCHEDULED, UNREADY] });
        return;
      case 'FetchFails':
        this.#place(pod, { phase: 'Pending', conditions: [SCHEDULED], ...failing(fate.termination, restartsOf(pod) + 1) });
        return;
      case 'LoadFails':
        this.#place(pod, { phase: 'Running', conditions: [SCHEDULED], ...failingToLoad(fate.termination, restartsOf(pod, 'containerStatuses') + 1) });
        return;
      case 'NodeLost':
        if (!hasNode(pod)) this.#leaveOut(pod, fate.message);
        else if (isReady(pod)) this.cluster.patchStatus(KINDS.pod, keyOf(pod), { conditions: [SCHEDULED, UNREADY] });
        return;
      case 'Unschedulable':
        this.#leaveOut(pod, fate.message);
        return;
      case 'ImagePull': {
        const state = { waiting: { reason: 'ImagePullBackOff', message: fate.message } };
        this.#place(pod, {
          phase: 'Pending',
          conditions: [SCHEDULED],
          initContainerStatuses: [{ name: CONTAINERS.fetch, ready: false, restartCount: 0, state }],
        });
      }
    }
  }

  #mayStart(pod: KubeObject): boolean {
    const revision = pod.metadata.labels?.[LABELS.revision] ?? '';
    if (this.#startedOf.has(revision)) return false;
    this.#startedOf.add(revision);
    return true;
  }

  #leaveOut(pod: KubeObject, message: string): void {
    this.cluster.patchStatus(KINDS.pod, keyOf(pod), { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }] });
  }

  #place(pod: KubeObject, status: Json): void {
    if (!hasNode(pod)) this.cluster.update(KINDS.pod, keyOf(pod), { spec: { nodeName: 'node-1' } });
    this.cluster.patchStatus(KINDS.pod, keyOf(pod), status);
  }

  #runResolver(pod: KubeObject): void {
    const phase = asText(asRecord(pod['status'])['phase']);
    if (phase === 'Succeeded' || phase === 'Failed') return;
    const args = asList(asRecord(asList(asRecord(pod['spec'])['containers'])[0])['args']);
    const said = this.fates.resolve(asText(args[args.indexOf('--uri') + 1]) ?? '');
    this.#place(pod, {
      phase: said.code === 'OK' ? 'Succeeded' : 'Failed',
      containerStatuses: [{ name: CONTAINERS.resolve, ready: false, restartCount: 0, state: endState(said, this.cluster.clock.now()) }],
    });
  }
}

/** Moment at which every simulated end happens; far from the start of tests, so that it never looks young. */
const SCHEDULED = { type: 'PodScheduled', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' };

const READY = {
  conditions: [SCHEDULED, { type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }],
  initContainerStatuses: [
    {
      ...{ name: CONTAINERS.fetch, ready: true, restartCount: 0 },
      state: endState(
        { code: 'OK', stage: 'verify', message: 'Fetched', contentDigest: `sha256:${'c'.repeat(64)}`, bytes: 1234 },
        Date.parse('2026-01-01T00:00:00Z'),
      ),
    },
  ],
  containerStatuses: [{ name: CONTAINERS.runtime, ready: true, restartCount: 0, state: { running: { startedAt: '2026-01-01T00:00:00Z' } } }],
};

const UNREADY = { type: 'Ready', status: 'False', reason: 'ContainersNotReady', lastTransitionTime: '2026-01-01T00:00:00Z' };

function replicaFailure(message: string): Json {
  return { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message };
}

function failing(said: Termination, times: number): Json {
  return { initContainerStatuses: [crashLoop(CONTAINERS.fetch, said, times)] };
}

function failingToLoad(said: Termination, times: number): Json {
  return { initContainerStatuses: READY.initContainerStatuses, containerStatuses: [crashLoop(CONTAINERS.runtime, said, times)] };
}

function crashLoop(name: string, said: Termination, times: number): Json {
  const lastState = endState(said, Date.parse('2026-01-01T00:00:00Z'));
  const state = { waiting: { reason: 'CrashLoopBackOff', message: 'back-off' } };
  return { name, ready: false, restartCount: Math.min(times, 4), state, lastState };
}

function endState(said: Termination, atMs: number): { terminated: Json } {
  const { exit } = TERMINATION_CODES[said.code];
  return {
    terminated: {
      exitCode: exit,
      reason: exit === 0 ? 'Completed' : 'Error',
      message: formatTermination(said),
      finishedAt: new Date(atMs).toISOString(),
    },
  };
}

function restartsOf(pod: KubeObject, list = 'initContainerStatuses'): number {
  const statuses = asList(asRecord(pod['status'])[list]);
  return asInteger(asRecord(statuses[0])['restartCount']) ?? 0;
}

/** Nobody removes such a pod before its Deployment goes. */
function isFinished(pod: KubeObject): boolean {
  return asRecord(pod['status'])['phase'] === 'Failed';
}

function isReady(pod: KubeObject): boolean {
  const conditions = asList(asRecord(pod['status'])['conditions']).map(asRecord);
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}

export function hasNode(pod: KubeObject): boolean {
  return asRecord(pod['spec'])['nodeName'] !== undefined;
}

function keyOf({ metadata }: KubeObject): { namespace: string; name: string } {
  return { namespace: metadata.namespace ?? '', name: metadata.name };
}

function texts(value: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(asRecord(value)).flatMap(([key, text]) => (typeof text === 'string' ? [[key, text]] : [])));
}
