/** One operator process in memory: the operator that ships, on a connection, a clock and dice of its own. Lives once. */
import type { Statusz } from '../../contract/statusz.js';
import type { ClusterAccess } from '../../lib/kube/cluster-access.js';
import type { Connect } from '../../lib/kube/connection.js';
import { KubeTransport } from '../../lib/kube/transport.js';
import type { Logger } from '../../lib/logger.js';
import { assembleOperator } from '../../operator/assemble.js';
import type { OperatorConfig } from '../../operator/config.js';
import type { ManagerOutcome } from '../../operator/manager/manager.js';
import { ManagerMetrics } from '../../operator/manager/metrics.js';
import type { ModelProbe } from '../../operator/ports.js';
import type { FakeClock } from '../fakes/fake-clock.js';
import { ProcessClock } from './process-clock.js';
import { connectThrough } from './process-connection.js';
import { ProcessGate } from './process-gate.js';

export interface BoxOptions {
  /** Of the process: of its Lease, its Events and its calls. */
  readonly name: string;
  readonly access: ClusterAccess;
  readonly connect: Connect;
  readonly clock: FakeClock;
  readonly random: () => number;
  readonly config: OperatorConfig;
  readonly namespace: string;
  readonly probe: ModelProbe<Statusz>;
  readonly log: Logger;
}

export class OperatorBox {
  readonly name: string;
  readonly metrics = new ManagerMetrics(false);
  /** Of the operator's time of day alone: durations are another clock's business. */
  readonly wall: ProcessClock;
  outcome: ManagerOutcome | 'Runs' | 'Killed' = 'Runs';
  readonly #gate = new ProcessGate();
  readonly #stop = new AbortController();

  constructor({ name, access, connect, clock, random, config, namespace, probe, log }: BoxOptions) {
    this.name = name;
    this.wall = new ProcessClock(clock, this.#gate);
    const steady = new ProcessClock(clock, this.#gate);
    const transport = new KubeTransport(access, { userAgent: 'slipway-operator', connect: connectThrough(this.#gate, connect), clock: steady });
    const operator = assembleOperator({
      ...{ config: { ...config, instance: name }, transport, metrics: this.metrics, log, namespace, probe },
      identity: name,
      ports: undefined,
      time: { wall: this.wall, steady, random },
    });
    void operator.run(this.#stop.signal).then((outcome) => {
      if (this.outcome !== 'Killed') this.outcome = outcome;
    });
  }

  get isRunning(): boolean {
    return this.outcome === 'Runs';
  }

  /** SIGKILL: nothing of it reaches the API server any more. */
  kill(): void {
    this.outcome = 'Killed';
    this.#gate.kill();
  }

  /** SIGTERM. */
  stop(): void {
    this.#stop.abort();
  }

  /** SIGSTOP. */
  pause(): void {
    this.#gate.stop();
  }

  /** SIGCONT. */
  resume(): Promise<void> {
    return this.#gate.resume();
  }
}
