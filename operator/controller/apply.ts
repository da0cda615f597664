/** Every write of a pass but the status, in the plan's order. The first that fails ends it: later ones may build on it. */
import { toError, WaitingError } from '../../lib/errors.js';
import { describeError, type Logger } from '../../lib/logger.js';
import { KINDS } from '../api/kinds.js';
import type { Action } from '../plan/action.js';
import type { Plan } from '../plan/plan-model-deployment.js';
import { OwnershipError, type Writer } from '../ports.js';
import { NOTHING_WRITTEN, type Outcome } from '../status/outcome.js';
import { toWrites, type Write } from './to-writes.js';

export async function applyPlan(plan: Plan, writer: Writer, log: Logger): Promise<Outcome> {
  const written: Action[] = [];
  let isConfirmed = false;
  for (const action of plan.actions) {
    try {
      const writes = toWrites(action, plan);
      if (!isConfirmed && writes.length > 0 && isDisruptive(action, plan)) {
        await writer.confirm(KINDS.modelDeployment, { ...plan.context.observed.model });
        isConfirmed = true;
      }
      for (const write of writes) await applyWrite(write, plan.context.identity.namespace, writer);
      if (writes.length === 0) continue;
      written.push(action);
      log.info('Changed the world', { action: action.kind, ...('revision' in action ? { revision: action.revision } : {}) });
    } catch (thrown) {
      return { ...describeFailure(action, toError(thrown)), written };
    }
  }
  return { ...NOTHING_WRITTEN, written };
}

/**
 * Takes pods away, or the address from them, or sets pods beside others: not to be done for a spec that a user has replaced since and
 * another replica has followed.
 */
function isDisruptive(action: Action, { context: { observed } }: Plan): boolean {
  switch (action.kind) {
    case 'PointService':
      return action.isConfirmed || (observed.serving !== undefined && observed.serving !== action.revision);
    case 'ScaleTo': {
      const deployment = observed.deployments.get(action.revision);
      return deployment === undefined ? action.replicas > 0 && observed.deployments.size > 0 : deployment.desired > action.replicas;
    }
    case 'DeleteDeployment':
    case 'DeleteRevision':
      return true;
    default:
      return false;
  }
}

async function applyWrite(write: Write, namespace: string, writer: Writer): Promise<void> {
  switch (write.kind) {
    case 'Create':
      await writer.create(write.resource, write.object, write.ownership);
      return;
    case 'Apply':
      await writer.apply(write.resource, write.object, write.ownership);
      return;
    case 'Delete':
      await writer.delete(write.resource, { namespace, name: write.name }, write.ownership);
  }
}

function describeFailure(action: Action, error: Error): Outcome {
  if (error instanceof OwnershipError) {
    const { object, owner, message } = error;
    return { ...NOTHING_WRITTEN, conflict: { object, owner, message } };
  }
  if (error instanceof WaitingError) {
    const { message, retryAfterMs, reason } = error;
    return { ...NOTHING_WRITTEN, failure: { action, message, error, wait: { retryAfterMs, reason } } };
  }
  const message = `Could not ${describeAction(action)}: ${describeError(error)}`;
  return { ...NOTHING_WRITTEN, failure: { action, message, error, wait: undefined } };
}

function describeAction(action: Action): string {
  switch (action.kind) {
    case 'EnsureServiceAccount':
      return 'write the ServiceAccount';
    case 'Adopt':
      return `adopt ${action.object}`;
    case 'StartResolver':
      return 'create the resolver pod';
    case 'DeletePod':
      return `delete Pod "${action.pod}"`;
    case 'CreateRevision':
    case 'MarkRevision':
      return `write ControllerRevision "${action.revision}"`;
    case 'DeleteRevision':
      return `delete ControllerRevision "${action.revision}"`;
    case 'PointService':
      return `point the Service to revision "${action.revision}"`;
    case 'EnsureRevisionService':
      return `write Service "${action.revision}"`;
    case 'ScaleTo':
      return `scale Deployment "${action.revision}" to ${action.replicas}`;
    case 'DeleteDeployment':
      return `delete Deployment "${action.revision}"`;
    case 'EnsureDisruptionBudget':
    case 'RemoveDisruptionBudget':
      return 'change the PodDisruptionBudget';
  }
}
