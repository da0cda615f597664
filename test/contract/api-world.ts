/** What the contract of an API server itself needs beyond that of the ports: the wire. */
import type { KubeClient } from '../../lib/kube/kube-client.js';
import type { KubeTransport } from '../../lib/kube/transport.js';
import type { World } from './world.js';

export interface ApiWorld extends World {
  readonly transport: KubeTransport;
  readonly client: KubeClient;
  /** A version of ModelDeployments that the server has forgotten. */
  forgottenVersion(): Promise<string>;
}

export interface ApiWorldMaker {
  make(): Promise<ApiWorld>;
  unmake(): Promise<void>;
}
