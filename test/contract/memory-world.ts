/** The contract suite's world on the in-memory API server: what the operator has over a real one, over this, in virtual time. */
import type { Clock } from '../../lib/clock.js';
import { KubeClient } from '../../lib/kube/kube-client.js';
import { KubeTransport } from '../../lib/kube/transport.js';
import { Informer } from '../../operator/kube/informer.js';
import { KubeWriter } from '../../operator/kube/writer.js';
import type { ResourceKind } from '../../operator/ports.js';
import { FakeClock } from '../fakes/fake-clock.js';
import { MemoryApi } from '../fakes/memory-api/memory-api.js';
import { handsOn } from './hands-on.js';
import type { World, WorldMaker } from './world.js';

const PATIENCE_MS = 10_000;

export class MemoryWorlds implements WorldMaker {
  #stop = new AbortController();
  #running: Promise<void>[] = [];
  #transport: KubeTransport | undefined;

  async make(): Promise<World> {
    this.#stop = new AbortController();
    const clock = new FakeClock();
    const api = new MemoryApi(clock);
    const transport = new KubeTransport(api.access(), { userAgent: 'slipway-contract', connect: api.connect('contract'), clock });
    this.#transport = transport;
    const client = new KubeClient(transport);
    const time: Clock = { now: () => clock.now(), sleep: (ms) => clock.advance(ms) };
    return {
      ...{ namespace: 'shop', patienceMs: PATIENCE_MS, time },
      writer: new KubeWriter(client),
      hands: handsOn(client),
      cache: (resource) => this.#cache(resource, { transport, clock }),
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
