/** A watched kind of a FakeCluster, as the manager sees it. */
import type { KubeObject, ResourceKind } from '../../operator/ports.js';
import type { FakeCluster } from './fake-cluster.js';
import { isSameResource } from './memory-api/metadata.js';

export class FakeSource {
  readonly name: string;
  readonly #cluster: FakeCluster;
  readonly #resource: ResourceKind;
  readonly #listeners: ((object: KubeObject, old?: KubeObject) => void)[] = [];
  readonly #synced: Promise<void>;
  #sync: () => void = () => undefined;
  #hasSynced = false;
  isRunning = false;

  /** `holdsBack`: the first list comes only with `sync`. */
  constructor(
    cluster: FakeCluster,
    resource: ResourceKind,
    readonly holdsBack = false,
  ) {
    this.name = resource.kind;
    this.#cluster = cluster;
    this.#resource = resource;
    this.#synced = new Promise((resolve) => {
      this.#sync = resolve;
    });
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  state(): { objects: number; resourceVersion: string | undefined; lastEventSecondsAgo: number | undefined; relists: number } {
    return { objects: this.#cluster.objects(this.#resource).length, resourceVersion: undefined, lastEventSecondsAgo: undefined, relists: 0 };
  }

  subscribe(listener: (object: KubeObject, old?: KubeObject) => void): void {
    this.#listeners.push(listener);
  }

  synced(): Promise<void> {
    return this.#synced;
  }

  sync(): void {
    for (const object of this.#cluster.cache(this.#resource).list({})) for (const listener of this.#listeners) listener(object);
    this.#hasSynced = true;
    this.#sync();
  }

  async run(signal: AbortSignal): Promise<void> {
    this.isRunning = true;
    const end = this.#cluster.subscribe(({ resource, object, old }) => {
      if (this.#hasSynced && isSameResource(resource, this.#resource)) for (const listener of this.#listeners) listener(object, old);
    });
    if (!this.holdsBack) this.sync();
    await new Promise<void>((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true })));
    end();
    this.isRunning = false;
  }
}
