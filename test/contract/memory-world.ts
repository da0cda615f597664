/** The contract suite's world on the in-memory API server: what the operator has over a real one, over this, in virtual time. */
import type { Clock } from '../../lib/clock.js';
import { KubeClient } from '../../lib/kube/kube-client.js';
import { KubeTransport } from '../../lib/kube/transport.js';
import { Informer } from '../../operator/kube/informer.js';
import { KubeWriter } from '../../operator/kube/writer.js';
import type { ResourceKind } from '../../operator/ports.js';
import { FakeClock } from '../fakes/fake-clock.js';
import { MemoryApi } from '../fakes/memory-api/memory-api.js';
import type { ApiWorld, ApiWorldMaker } from './api-world.js';
import { handsOn } from './hands-on.js';
import { DEPLOYMENTS, MODELS, makeModel, PODS, REVISIONS, SERVICE_ACCOUNTS } from './objects.js';

const WRITTEN = [MODELS, DEPLOYMENTS, REVISIONS, SERVICE_ACCOUNTS, PODS];
const HISTORY_LENGTH = 100;
const PATIENCE_MS = 10_000;

export class MemoryWorlds implements ApiWorldMaker {
  #stop = new AbortController();
  #running: Promise<void>[] = [];
  #transport: KubeTransport | undefined;

  /** With `cached`, the writer sees through caches what it writes over. */
  async make({ cached = false } = {}): Promise<ApiWorld> {
    this.#stop = new AbortController();
    const clock = new FakeClock();
    const api = new MemoryApi(clock, { historyLength: HISTORY_LENGTH });
    const transport = new KubeTransport(api.access(), { userAgent: 'slipway-contract', connect: api.connect('contract'), clock });
    this.#transport = transport;
    const client = new KubeClient(transport);
    const time: Clock = { now: () => clock.now(), sleep: (ms) => clock.advance(ms) };
    const newCache = (resource: ResourceKind) => this.#cache(resource, { transport, clock });
    const caches = new Map(cached ? await Promise.all(WRITTEN.map(async (kind) => [kind.plural, await newCache(kind)] as const)) : []);
    return {
      ...{ namespace: 'shop', patienceMs: PATIENCE_MS, time, transport, client },
      forgottenVersion: async () => {
        const { metadata } = api.create(MODELS, makeModel('elsewhere', 'first'));
        for (let index = 0; index <= HISTORY_LENGTH; index++) api.create(MODELS, makeModel('elsewhere', `m${index}`));
        return metadata.resourceVersion ?? '';
      },
      writer: new KubeWriter(client, ({ plural }, key) => caches.get(plural)?.get(key)),
      hands: handsOn(client),
      cache: newCache,
    };
  }

  async unmake(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running);
    this.#running = [];
    await this.#transport?.close();
  }

  async #cache(resource: ResourceKind, { transport, clock }: { readonly transport: KubeTransport; readonly clock: Clock }): Promise<Informer> {
    const informer = new Informer({ transport, resource, clock });
    this.#running.push(informer.run(this.#stop.signal));
    await informer.synced();
    return informer;
  }
}
