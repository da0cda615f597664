/**
 * What is → what should be. Pure: the same observation at the same instant gives the same plan, and a plan that was carried out
 * leads to an observation from which nothing more is to be written.
 */
import type { RenderConfig } from '../render/config.js';
import { computeSourceHash } from '../render/identity.js';
import { type Observed, objectKey } from '../view/observed.js';
import type { Action } from './action.js';
import { loadDeadlineMs } from './classify-unready.js';
import { isFullyReady, isLive, newContext, type PlanContext, type RevisionState } from './context.js';
import { pendingDeadlineMs } from './pending-deadline.js';
import { type DigestPlan, planDigest } from './plan-digest.js';
import { type FailureDecision, planFailure } from './plan-failure.js';
import { planHistory } from './plan-history.js';
import { planRemains } from './plan-remains.js';
import { planTakeover } from './plan-takeover.js';
import { planUpdate, type UpdatePlan } from './plan-update.js';

export interface Plan extends UpdatePlan {
  readonly actions: readonly Action[];
  readonly requeueAtMs: number | undefined;
  readonly context: PlanContext;
  readonly digest: DigestPlan | undefined;
  readonly failure: FailureDecision;
  /** Revision that the Service selects after this pass. */
  readonly target: string | undefined;
}

export function planModelDeployment(observed: Observed, config: RenderConfig, nowMs: number): Plan {
  const context = newContext(observed, config, nowMs);
  const nothing = { ...UNKNOWN, actions: [], requeueAtMs: undefined, context, digest: undefined, failure: TRUSTED, target: undefined };
  // a deleted namesake's objects have our names: they end first, and their end wakes us
  if (observed.leftovers.length > 0) return nothing;
  // what is ours again is planned with when it is seen to be ours
  if (observed.orphans.length > 0) return { ...nothing, actions: observed.orphans.map(adoption) };
  const digest = planDigest(context);
  const update = digest.kind === 'Known' ? planUpdate(context, digest) : UNKNOWN;
  const { wanted } = update;
  const failure = wanted === undefined ? TRUSTED : planFailure(context, wanted);
  const isGivenUp = failure.kind === 'GivenUp';
  const takeover = planTakeover({ context, wanted: wanted?.stored === undefined ? undefined : wanted, wantedName: wanted?.name, isGivenUp });
  const history = planHistory(context, wanted === undefined ? [] : [wanted.name]);
  return {
    ...{ ...update, context, digest, failure, target: takeover.target },
    requeueAtMs: soonest([digest.requeueAtMs, ...podDeadlines(context)]),
    actions: [
      // the first write that is refused ends a pass: what keeps the serving revision well comes before what leads to the next one
      { kind: 'EnsureServiceAccount' },
      ...planMarks(context, wanted, failure),
      // resolver pods are evidence until the revision that they led to is stored
      ...(digest.kind === 'Known' && wanted?.stored !== undefined ? digest.actions : []),
      ...takeover.actions,
      ...planStorage(context, digest, wanted),
      ...(digest.kind === 'Known' ? [] : digest.actions),
      ...planBudget(context, takeover.target),
      ...history.actions,
      ...planRemains(context).actions,
    ],
  };
}

function adoption({ kind, metadata }: Observed['orphans'][number]): Action {
  return { kind: 'Adopt', object: objectKey(kind, metadata.name) };
}

const TRUSTED: FailureDecision = { kind: 'Trusted' };
const UNKNOWN: UpdatePlan = { wanted: undefined, update: undefined, refusal: undefined };

/** The revision is stored first and acted on when it is seen: from then on its template is fixed. */
function planStorage({ observed }: PlanContext, digest: DigestPlan, wanted: RevisionState | undefined): Action[] {
  if (digest.kind !== 'Known' || wanted === undefined || wanted.stored !== undefined) return [];
  const number = Math.max(0, ...observed.revisions.map((revision) => revision.number)) + 1;
  return [{ kind: 'CreateRevision', revision: wanted.name, digest: digest.digest, sourceRevision: digest.sourceRevision, number }];
}

/** What is learned about the wanted revision is kept on it: given up, forgiven, seen fully ready, or resolved from another source. */
function planMarks({ spec, replicas, nowMs }: PlanContext, wanted: RevisionState | undefined, failure: FailureDecision): Action[] {
  const stored = wanted?.stored;
  if (wanted === undefined || stored === undefined) return [];
  const isProven = replicas > 0 && isFullyReady(wanted, replicas);
  const marks = {
    failed: failure.kind === 'GivenUp' ? failure.evidence : undefined,
    provenAt: stored.provenAt ?? (isProven ? new Date(nowMs).toISOString() : undefined),
    // a pinned source was not asked: what the last one that was asked said of this digest stays true
    sourceHash: spec.model.digest === undefined ? computeSourceHash(spec) : stored.sourceHash,
  };
  const isKnown = marks.failed === stored.failed && marks.provenAt === stored.provenAt && marks.sourceHash === stored.sourceHash;
  return isKnown ? [] : [{ kind: 'MarkRevision', revision: wanted.name, marks }];
}

function planBudget({ replicas }: PlanContext, target: string | undefined): Action[] {
  if (target === undefined || replicas < 2) return [{ kind: 'RemoveDisruptionBudget' }];
  return [{ kind: 'EnsureDisruptionBudget', revision: target }];
}

function soonest(instants: readonly (number | undefined)[]): number | undefined {
  const known = instants.filter((at) => at !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** Instants at which a pod that only waits becomes a finding. */
function podDeadlines({ observed, nowMs }: PlanContext): number[] {
  return observed.pods
    .filter(isLive)
    .map((pod) => (pod.phase === 'Pending' ? pendingDeadlineMs(pod) : loadDeadlineMs(pod)))
    .filter((at) => at !== undefined)
    .filter((at) => at > nowMs);
}
