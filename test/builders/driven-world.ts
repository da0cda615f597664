/**
 * A world whose events drive it, as the manager's queue does: what happens wakes the models that it concerns, and time passes. For
 * what depends on when passes come, such as how many writes a life takes.
 */
import { SILENT_LOGGER } from '../../lib/logger.js';
import { KINDS } from '../../operator/api/kinds.js';
import { StatusBudget } from '../../operator/controller/status-budget.js';
import { mapToModels, WATCHED_KINDS } from '../../operator/controller/watches.js';
import { Controller } from '../../operator/manager/controller.js';
import { ManagerMetrics } from '../../operator/manager/metrics.js';
import { settle } from '../fakes/fake-clock.js';
import { isSameResource } from '../fakes/memory-api/metadata.js';
import { TestWorld } from './test-world.js';

/** Deployment controller, scheduler and kubelet make one move so often: a pod takes about this long for each of its steps. */
const STEP_MS = 300;

export class DrivenWorld extends TestWorld {
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #nextStepMs = this.clock.now() + STEP_MS;

  /** From here on events wake a controller that keeps what it knows, with the limits of production. */
  start(): void {
    this.budget = new StatusBudget();
    const metrics = new ManagerMetrics().forController('modeldeployment');
    const controller = new Controller({
      name: 'modeldeployment',
      reconciler: this.newController(),
      metrics,
      logger: SILENT_LOGGER,
      clock: this.clock,
    });
    const maps = WATCHED_KINDS.map((kind) => ({ resource: KINDS[kind], toKeys: mapToModels(kind) }));
    this.cluster.subscribe(({ resource, object, old }) => {
      const map = maps.find((each) => isSameResource(each.resource, resource));
      for (const key of map?.toKeys(object, old) ?? []) controller.enqueue(key);
    });
    this.#running = controller.run(this.#stop.signal, this.#stop.signal);
  }

  /** Lets time pass in steps of 50 ms; the cluster moves at its own pace. */
  async pass(ms: number, each: () => void = () => undefined): Promise<void> {
    for (const endMs = this.clock.now() + ms; this.clock.now() < endMs; ) {
      await this.clock.advance(50);
      each();
      if (this.clock.now() >= this.#nextStepMs) {
        this.#nextStepMs += STEP_MS;
        this.kubernetes.step();
      }
      await settle();
      this.checkInvariants();
    }
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Writes since the start, Events and ServiceAccount apart: that one is the namespace's. */
  get writes(): string[] {
    const counted = this.cluster.writer.writes.filter(({ kind }) => kind !== 'ServiceAccount');
    return counted.map(({ verb, kind }) => (verb === 'applyStatus' ? 'status' : `${verb} ${kind}`));
  }
}
