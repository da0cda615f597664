/** How the models fare, counted at the time of the scrape from the cache: nothing to keep in step, nothing to forget. */
import { Gauge, type Registry } from 'prom-client';
import { isReason, type Reason } from '../api/reasons.js';
import type { Cache } from '../ports.js';
import { isModelDeployment } from '../view/model-view.js';

const UNKNOWN = 'Unknown';

/** `slipway_modeldeployments{ready,reason}`: at most 2 × the number of reasons, whatever the number of models. */
export function registerModelMetrics(registry: Registry, models: Cache): void {
  new Gauge({
    name: 'slipway_modeldeployments',
    help: 'ModelDeployments by the status and the reason of their Ready condition.',
    labelNames: ['ready', 'reason'] as const,
    registers: [registry],
    collect() {
      this.reset();
      this.set({ ready: 'True', reason: 'Serving' }, 0);
      for (const object of models.list({})) {
        const { ready, reason } = readReady(isModelDeployment(object) ? object.status?.conditions : undefined);
        this.inc({ ready, reason });
      }
    },
  });
}

function readReady(conditions: readonly { readonly type: string; readonly status: string; readonly reason: string }[] | undefined): {
  ready: string;
  reason: Reason | typeof UNKNOWN;
} {
  const condition = conditions?.find(({ type }) => type === 'Ready');
  if (condition === undefined) return { ready: UNKNOWN, reason: UNKNOWN };
  return { ready: condition.status === 'True' ? 'True' : 'False', reason: isReason(condition.reason) ? condition.reason : UNKNOWN };
}
