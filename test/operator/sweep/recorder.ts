/**
 * Everything that happened to the kinds that the operator writes, each change with the version of the store that it made. etcd
 * numbers the changes of all kinds in one row, so sorting them gives the one order in which they were, whatever the watches did.
 */
import { Reflector } from '../../../lib/kube/reflector.js';
import type { KubeTransport } from '../../../lib/kube/transport.js';
import { KINDS, type KindName } from '../../../operator/api/kinds.js';
import type { KubeObject, ResourceKind } from '../../../operator/ports.js';

const LEASES: ResourceKind = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', plural: 'leases' };
export const RECORDED = { ...KINDS, lease: LEASES } as const;
export type RecordedKind = KindName | 'lease';

export interface Change {
  readonly version: number;
  readonly atMs: number;
  readonly kind: RecordedKind;
  readonly object: KubeObject;
  readonly isDeleted: boolean;
}

export type ChangeListener = (change: Change) => void;

const KIND_NAMES = Object.keys(RECORDED).filter((kind): kind is RecordedKind => kind in RECORDED);

export class Recorder {
  readonly #histories = new Map<string, Change[]>();
  readonly #reflectors: ReadonlyMap<RecordedKind, Reflector>;
  readonly #listeners: ChangeListener[] = [];
  readonly #stop = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  constructor(readonly transport: KubeTransport) {
    this.#reflectors = new Map(KIND_NAMES.map((kind) => [kind, new Reflector({ transport, resource: RECORDED[kind] })]));
  }

  async start(): Promise<void> {
    for (const [kind, { store }] of this.#reflectors) {
      store.subscribe((change) => {
        const isDeleted = change.object === undefined;
        this.#take(kind, change.object ?? change.old, isDeleted);
      });
    }
    const reflectors = [...this.#reflectors.values()];
    this.#running = Promise.all(reflectors.map((reflector) => reflector.run(this.#stop.signal)));
    await Promise.all(reflectors.map((reflector) => reflector.synced));
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  subscribe(listener: ChangeListener): void {
    this.#listeners.push(listener);
  }

  /** From now on the changes of that namespace are kept. */
  open(namespace: string): void {
    this.#histories.set(namespace, []);
  }

  close(namespace: string): void {
    this.#histories.delete(namespace);
  }

  /** In the order in which the store took them. */
  history(namespace: string): Change[] {
    return [...(this.#histories.get(namespace) ?? [])].sort((a, b) => a.version - b.version);
  }

  /** When anything but a Lease changed last. */
  lastChangeMs(namespace: string): number {
    return (this.#histories.get(namespace) ?? []).reduce((last, { atMs, kind }) => (kind === 'lease' ? last : Math.max(last, atMs)), 0);
  }

  /** What is there now. */
  objects(kind: RecordedKind, namespace: string): KubeObject[] {
    return [...(this.#reflectors.get(kind)?.store.values() ?? [])].filter(({ metadata }) => metadata.namespace === namespace);
  }

  get(kind: RecordedKind, namespace: string, name: string): KubeObject | undefined {
    return this.#reflectors.get(kind)?.store.get(`${namespace}/${name}`);
  }

  #take(kind: RecordedKind, object: KubeObject, isDeleted: boolean): void {
    const change = { version: Number(object.metadata.resourceVersion), atMs: Date.now(), kind, object, isDeleted };
    this.#histories.get(object.metadata.namespace ?? '')?.push(change);
    for (const listener of this.#listeners) listener(change);
  }
}
