/** Events, on change only: one constructor for each, and the comparison that finds what changed. */

import type { Reason } from '../api/reasons.js';
import type { ModelDeploymentStatus } from '../api/zz_generated.modeldeployment.js';
import type { Action } from '../plan/action.js';
import type { Plan } from '../plan/plan-model-deployment.js';
import type { Outcome } from '../status/outcome.js';

export interface ModelEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: Reason;
  readonly message: string;
}

export const resolved = (uri: string, digest: string): ModelEvent => normal('Resolved', `Resolved ${uri} to ${digest}`);
export const revisionCreated = (revision: string): ModelEvent => normal('RevisionCreated', `Made revision ${revision}`);
export const revisionServing = (revision: string): ModelEvent => normal('RevisionServing', `The address moved to revision ${revision}`);
export const revisionRetired = (revision: string): ModelEvent => normal('RevisionRetired', `Revision ${revision} serves no more and is scaled to 0`);
export const revisionFailed = (revision: string, message: string): ModelEvent =>
  warning('RevisionFailed', `Gave up revision ${revision}: ${message}`);
export const scaled = (revision: string, from: number, to: number): ModelEvent =>
  normal('Scaled', `Scaled revision ${revision} from ${from} to ${to}`);
export const suspended = (): ModelEvent => normal('Suspended', 'spec.suspend is true: all pods end');
export const blockerFound = (reason: Reason, message: string): ModelEvent => warning(reason, message);

function normal(reason: Reason, message: string): ModelEvent {
  return { type: 'Normal', reason, message };
}

function warning(reason: Reason, message: string): ModelEvent {
  return { type: 'Warning', reason, message };
}

/** Of what was written, and of blockers that the last status did not name. */
export function computeEvents(
  plan: Plan,
  outcome: Outcome,
  blockers: readonly { readonly reason: Reason; readonly message: string }[],
): ModelEvent[] {
  const before: ModelDeploymentStatus | undefined = plan.context.observed.model.status;
  const known = new Set((before?.blockers ?? []).map(({ reason }) => reason));
  return [
    ...outcome.written.flatMap((action) => eventsOf(action, plan)),
    ...blockers.filter(({ reason }) => !known.has(reason)).map(({ reason, message }) => blockerFound(reason, message)),
  ];
}

function eventsOf(action: Action, { context, digest, wanted }: Plan): ModelEvent[] {
  switch (action.kind) {
    case 'CreateRevision': {
      const isAnswer = digest?.kind === 'Known' && digest.justResolved;
      return [...(isAnswer ? [resolved(context.spec.model.uri, action.digest)] : []), revisionCreated(action.revision)];
    }
    case 'PointService':
      return context.observed.serving === action.revision ? [] : [revisionServing(action.revision)];
    case 'MarkRevision':
      return action.marks.failed === undefined ? [] : [revisionFailed(action.revision, action.marks.failed.message)];
    case 'ScaleTo': {
      const from = context.observed.deployments.get(action.revision)?.desired;
      if (from === undefined || from === action.replicas) return [];
      if (action.revision !== wanted?.name && action.replicas === 0) return context.spec.suspend ? [] : [revisionRetired(action.revision)];
      return action.replicas === 0 && context.spec.suspend ? [suspended()] : [scaled(action.revision, from, action.replicas)];
    }
    default:
      return [];
  }
}
