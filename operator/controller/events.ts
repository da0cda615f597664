/** Events, on change only: one constructor for each, and the comparison that finds what changed. */

import { isReason, type Reason } from '../api/reasons.js';
import type { ModelDeploymentStatus, StatusCondition } from '../api/zz_generated.modeldeployment.js';
import type { Action } from '../plan/action.js';
import type { Plan } from '../plan/plan-model-deployment.js';
import type { Outcome } from '../status/outcome.js';

export interface ModelEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: Reason;
  readonly message: string;
}

export const resolved = (uri: string, { digest, sourceRevision }: { digest: string; sourceRevision: string | undefined }): ModelEvent =>
  normal('Resolved', `Resolved ${uri}${sourceRevision === undefined ? '' : ` at ${sourceRevision}`} to ${digest}`);
export const revisionCreated = (revision: string): ModelEvent => normal('RevisionCreated', `Made revision ${revision}`);
export const revisionServing = (revision: string): ModelEvent => normal('RevisionServing', `The address moved to revision ${revision}`);
export const servingNow = (message: string): ModelEvent => normal('Serving', message);
export const revisionRetired = (revision: string): ModelEvent => normal('RevisionRetired', `Revision ${revision} serves no more and is scaled to 0`);
/** Never had all its pods ready. */
export const revisionReplaced = (revision: string): ModelEvent =>
  normal('RevisionRetired', `Revision ${revision} was replaced before it was ready and is scaled to 0`);
export const revisionFailed = (revision: string, message: string): ModelEvent =>
  warning('RevisionFailed', `Gave up revision ${revision}: ${message}`);
export const scaled = (revision: string, from: number, to: number): ModelEvent =>
  normal('Scaled', `Scaled revision ${revision} from ${from} to ${to}`);
export const adopted = (object: string): ModelEvent => normal('Adopted', `${object} had lost its owner and is this model's again`);
export const suspended = (): ModelEvent => normal('Suspended', 'spec.suspend is true: all pods end');
export const blockerFound = (reason: Reason, message: string): ModelEvent => warning(reason, message);

function normal(reason: Reason, message: string): ModelEvent {
  return { type: 'Normal', reason, message };
}

function warning(reason: Reason, message: string): ModelEvent {
  return { type: 'Warning', reason, message };
}

/** Of what was written. */
export function computeWriteEvents(plan: Plan, outcome: Outcome): ModelEvent[] {
  return outcome.written.flatMap((action) => eventsOf(action, plan));
}

/** Of having become Ready, and of blockers that the last status did not name. Told when the status is written. */
export function computeStatusEvents(plan: Plan, status: ModelDeploymentStatus): ModelEvent[] {
  const before: ModelDeploymentStatus | undefined = plan.context.observed.model.status;
  const known = new Set((before?.blockers ?? []).map(({ reason }) => reason));
  const news = (status.blockers ?? []).filter(({ reason }) => !known.has(reason));
  const ready = readyOf(status);
  const hasBecomeReady = ready?.status === 'True' && readyOf(before)?.status !== 'True';
  return [
    ...(hasBecomeReady ? [servingNow(ready.message)] : []),
    ...news.flatMap(({ reason, message }) => (isReason(reason) ? [blockerFound(reason, message)] : [])),
  ];
}

function readyOf(status: ModelDeploymentStatus | undefined): StatusCondition | undefined {
  return status?.conditions?.find(({ type }) => type === 'Ready');
}

function eventsOf(action: Action, plan: Plan): ModelEvent[] {
  const { context, digest, wanted, failure } = plan;
  switch (action.kind) {
    case 'CreateRevision': {
      const isAnswer = digest?.kind === 'Known' && digest.justResolved;
      return [...(isAnswer ? [resolved(context.spec.model.uri, action)] : []), revisionCreated(action.revision)];
    }
    case 'Adopt':
      return [adopted(action.object)];
    case 'PointService':
      // the first one serves when it is Ready, which is told then
      return [undefined, action.revision].includes(context.observed.serving) ? [] : [revisionServing(action.revision)];
    case 'MarkRevision':
      return action.marks.failed === undefined ? [] : [revisionFailed(action.revision, action.marks.failed.message)];
    case 'ScaleTo': {
      const from = context.observed.deployments.get(action.revision)?.desired;
      if (from === undefined || from === action.replicas) return [];
      if (failure.kind === 'GivenUp' && action.revision === wanted?.name) return [];
      if (action.revision !== wanted?.name && action.replicas === 0) return context.spec.suspend ? [] : [retirementOf(action.revision, plan)];
      return action.replicas === 0 && context.spec.suspend ? [suspended()] : [scaled(action.revision, from, action.replicas)];
    }
    default:
      return [];
  }
}

function retirementOf(revision: string, { context }: Plan): ModelEvent {
  const stored = context.observed.revisions.find(({ name }) => name === revision);
  return stored?.provenAt === undefined ? revisionReplaced(revision) : revisionRetired(revision);
}
