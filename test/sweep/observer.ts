/**
 * Watches a world for what must hold at every instant (C3), whatever is done to the operator: traffic once served is served on, no
 * status lies, no foreign object is touched, one operator writes at a time, no more pods than the change needs.
 */
import { ANNOTATIONS, FIELD_MANAGER, LABELS } from '../../contract/labels.js';
import { KINDS } from '../../operator/api/kinds.js';
import type { KubeObject } from '../../operator/ports.js';
import { findBrokenInvariants } from '../../operator/status/invariants.js';
import { asList, asRecord } from '../../operator/view/json.js';
import { isModelDeployment } from '../../operator/view/model-view.js';
import { NAMESPACE, type SweepWorld } from './sweep-world.js';

/** What a run did, to be held against what the undisturbed one did. */
export interface Trace {
  /** By model: fewest pods ready behind its address since it was first served. */
  readonly fewestReady: ReadonlyMap<string, number>;
  /** Most pods that served, or were to, at one time. */
  readonly mostPods: number;
}

export class Observer {
  readonly violations: string[] = [];
  readonly #world: SweepWorld;
  readonly #fewest = new Map<string, number>();
  #mostPods = 0;
  readonly #foreign = new Map<string, string>();
  #isWatching = false;

  constructor(world: SweepWorld) {
    this.#world = world;
    world.api.subscribe(({ type, object }) => {
      if (object.kind === 'Pod' || object.kind === 'Service') this.#look();
      // one that somebody wiped says nothing until the operator has looked
      if (type !== 'Deleted' && isModelDeployment(object) && object.status?.conditions !== undefined) this.#checkStatus(object);
    });
  }

  /** From now on: what was before is not this run's business. */
  begin(): void {
    this.#isWatching = true;
    this.#fewest.clear();
    for (const object of this.#world.objects()) if (isForeign(object)) this.#foreign.set(idOf(object), JSON.stringify(object));
    this.#look();
  }

  get trace(): Trace {
    return { fewestReady: new Map(this.#fewest), mostPods: this.#mostPods };
  }

  /** What can be said when all is over. */
  end(): void {
    this.#checkWriters();
    for (const [id, text] of this.#foreign) {
      const object = this.#world.objects().find((each) => idOf(each) === id);
      if (object !== undefined && JSON.stringify(object) !== text) this.tell(`${id} is not ours and was changed`);
    }
    const uids = new Set(this.#world.api.objects(KINDS.modelDeployment).map(({ metadata }) => metadata.uid));
    for (const object of this.#world.objects()) {
      const owners = object.metadata.ownerReferences?.filter(({ kind }) => kind === KINDS.modelDeployment.kind) ?? [];
      if (owners.length > 0 && !owners.some(({ uid }) => uids.has(uid))) this.tell(`${idOf(object)} is an orphan`);
    }
  }

  /** Between the moment at which one takes the lease and the moment at which another does, nobody else's write lands. */
  #checkWriters(): void {
    let holder: unknown;
    for (const { client, method, resource, status = 0, body, path, atMs } of this.#world.api.log) {
      if (method === 'GET' || status < 200 || status > 299) continue;
      if (resource?.kind === 'Lease') holder = asRecord(asRecord(body)['spec'])['holderIdentity'];
      else if (holder !== undefined && holder !== client)
        this.tell(`${client} wrote ${path} at ${new Date(atMs).toISOString()} while ${String(holder) || 'nobody'} led`);
    }
  }

  tell(violation: string): void {
    if (!this.#isWatching || this.violations.length >= 10 || this.violations.includes(violation)) return;
    this.violations.push(violation);
  }

  #look(): void {
    if (!this.#isWatching) return;
    const pods = this.#world.api.objects(KINDS.pod).filter(({ metadata }) => metadata.labels?.[LABELS.component] === 'serve');
    this.#mostPods = Math.max(this.#mostPods, pods.filter(isAlive).length);
    for (const model of this.#world.api.objects(KINDS.modelDeployment)) {
      const { name } = model.metadata;
      const service = this.#world.api.get(KINDS.service, this.#world.key(name));
      const selector = asRecord(asRecord(service?.['spec'])['selector']);
      const ready = service === undefined ? 0 : pods.filter((pod) => isReady(pod) && isSelected(pod, selector)).length;
      const fewest = this.#fewest.get(name);
      if (fewest === undefined ? ready > 0 : ready < fewest) this.#fewest.set(name, ready);
    }
  }

  #checkStatus(object: KubeObject): void {
    if (!isModelDeployment(object)) return;
    for (const broken of findBrokenInvariants(object)) this.tell(`status of ${object.metadata.name}: not so: ${broken}`);
    const { status, spec, metadata } = object;
    const ready = status?.conditions?.find(({ type }) => type === 'Ready');
    if (ready?.status !== 'True' || ready.observedGeneration !== metadata.generation) return;
    const service = this.#world.api.get(KINDS.service, this.#world.key(metadata.name));
    const revision = asRecord(asRecord(service?.['spec'])['selector'])[LABELS.revision];
    const deployment = typeof revision === 'string' ? this.#world.api.get(KINDS.deployment, this.#world.key(revision)) : undefined;
    if (deployment === undefined) return;
    const digest = spec.model.digest ?? this.#world.digestOf(spec.model.uri);
    const template = asRecord(asRecord(asRecord(deployment?.['spec'])['template'])['metadata']);
    if (asRecord(template['annotations'])[ANNOTATIONS.digest] !== digest) this.tell(`${metadata.name} is Ready while another model serves`);
  }
}

export function isForeign({ kind, metadata }: KubeObject): boolean {
  return (
    kind !== KINDS.modelDeployment.kind && metadata.labels?.[LABELS.managedBy] !== FIELD_MANAGER && metadata.labels?.[LABELS.model] === undefined
  );
}

function idOf({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata.namespace ?? NAMESPACE}/${metadata.name} ${metadata.uid ?? ''}`;
}

function isAlive(pod: KubeObject): boolean {
  const phase = asRecord(pod['status'])['phase'];
  return pod.metadata.deletionTimestamp === undefined && phase !== 'Failed' && phase !== 'Succeeded';
}

function isReady(pod: KubeObject): boolean {
  const conditions = asList(asRecord(pod['status'])['conditions']).map(asRecord);
  return pod.metadata.deletionTimestamp === undefined && conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}

function isSelected({ metadata }: KubeObject, selector: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(selector).every(([label, value]) => metadata.labels?.[label] === value);
}
