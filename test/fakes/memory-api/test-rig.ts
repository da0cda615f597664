/** A client of the in-memory API, as the operator has one, and a reflector of ModelDeployments over it. */
import { KubeClient } from '../../../lib/kube/kube-client.js';
import { Reflector } from '../../../lib/kube/reflector.js';
import { KubeTransport } from '../../../lib/kube/transport.js';
import type { KubeObject } from '../../../operator/ports.js';
import { FakeClock } from '../fake-clock.js';
import { MemoryApi, type MemoryApiOptions } from './memory-api.js';

export const MODELS = { apiVersion: 'slipway.dev/v1alpha1', kind: 'ModelDeployment', plural: 'modeldeployments' };
export const PODS = { apiVersion: 'v1', kind: 'Pod', plural: 'pods' };
export const NAMESPACE = 'shop';

export const key = (name: string) => ({ namespace: NAMESPACE, name });

export function makeModel(name: string, labels: Readonly<Record<string, string>> = {}): KubeObject {
  return { apiVersion: MODELS.apiVersion, kind: MODELS.kind, metadata: { ...key(name), labels }, spec: { replicas: 1 } };
}

export class TestRig {
  readonly clock = new FakeClock();
  readonly api: MemoryApi;
  readonly #stop = new AbortController();
  readonly #running: Promise<unknown>[] = [];

  constructor(options: MemoryApiOptions = {}) {
    this.api = new MemoryApi(this.clock, options);
  }

  transport(client = 'one'): KubeTransport {
    return new KubeTransport(this.api.access(), { userAgent: 'test', connect: this.api.connect(client), clock: this.clock });
  }

  client(name = 'one'): KubeClient {
    return new KubeClient(this.transport(name));
  }

  /** Runs until `close`; the first list is in it. */
  async reflector(name = 'one'): Promise<Reflector> {
    const reflector = new Reflector({ transport: this.transport(name), resource: MODELS, clock: this.clock, random: () => 0 });
    this.#running.push(reflector.run(this.#stop.signal));
    await this.clock.settle();
    return reflector;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running);
  }
}

/** Name and version of each, as a copy and the world can be compared. */
export function summary(objects: Iterable<KubeObject>): string[] {
  return Array.from(objects, ({ metadata: { name, resourceVersion } }) => `${name}@${resourceVersion}`).sort();
}

/** What became of a call: `Served`, or the reason of its error. */
export async function outcomeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'Served';
  } catch (error) {
    return error instanceof Error && 'reason' in error ? String(error.reason) : String(error);
  }
}
