/** The facts of a pass that several conditions speak of: computed once, so that they never disagree. */
import { LIMITS } from '../api/limits.js';
import { isReason, type Reason } from '../api/reasons.js';
import type { ModelDeploymentStatus } from '../api/zz_generated.modeldeployment.js';
import { classifyAdmission } from '../plan/classify-admission.js';
import { classifyPod } from '../plan/classify-pod.js';
import { isFullyReady, isLive, type RevisionState, revisionState } from '../plan/context.js';
import { blocked, clip, compareFindings, type Finding, progress } from '../plan/finding.js';
import type { Plan } from '../plan/plan-model-deployment.js';
import type { PodView } from '../view/pod-view.js';
import { findLosses } from './find-losses.js';
import type { Outcome, WriteFailure } from './outcome.js';

export interface Assessment {
  readonly plan: Plan;
  /** The revision that the address points to now. */
  readonly serving: RevisionState | undefined;
  /** Nothing changes until somebody changes something. */
  readonly stalled: Finding | undefined;
  /** The worst of what keeps the wanted revision from being ready; undefined when all its pods are. */
  readonly worst: Finding | undefined;
  /** What blocks, the headline first, one per reason. */
  readonly blockers: readonly Finding[];
  /** The wanted revision holds the address with every replica ready. */
  readonly isServed: boolean;
  readonly findings: ReadonlyMap<PodView, Finding>;
}

export function assess(plan: Plan, outcome: Outcome): Assessment {
  const { context, wanted } = plan;
  const { observed, replicas, nowMs } = context;
  const findings = new Map([...observed.pods, ...observed.resolvers].map((pod) => [pod, classifyPod(pod, nowMs)]));
  const serving = observed.serving === undefined ? undefined : revisionState(context, observed.serving);
  const isReady = wanted !== undefined && replicas > 0 && isFullyReady(wanted, replicas);
  const stalled = findStalled(plan, outcome);
  const refused = outcome.failure === undefined ? [] : classifyWrite(outcome.failure, observed.model.status);
  const isBlocked = refused.some(({ severity }) => severity === 'Blocked');
  // what serves, or is to have no pods, still has a write to be told of when that is refused
  const rest = isReady || replicas === 0 ? [] : pendingFindings(plan, findings);
  const pending = isBlocked || rest.length > 0 || replicas > 0 ? [...refused, ...rest].sort(compareFindings) : [];
  const blockers = mergeByReason([...(stalled === undefined ? [] : [stalled]), ...pending.filter(({ severity }) => severity === 'Blocked')]);
  return { plan, serving, stalled, worst: pending[0], blockers, isServed: isReady && !isBlocked && observed.serving === wanted.name, findings };
}

function findStalled(plan: Plan, outcome: Outcome): Finding | undefined {
  const { failure, digest, refusal } = plan;
  if (outcome.conflict !== undefined) return blocked('NameConflict', outcome.conflict.message);
  if (digest?.kind === 'Stalled') return digest.finding;
  if (refusal !== undefined) return refusal;
  if (failure.kind !== 'GivenUp' || plan.context.replicas === 0) return undefined;
  const { reason, message, pod, node, count } = failure.evidence;
  const where = node === '' ? `pod ${pod}` : `pod ${pod} on node ${node}`;
  const name = plan.wanted?.name ?? '';
  return blocked(
    isReason(reason) ? reason : 'RuntimeCrashed',
    `Revision ${name} was given up after ${count} failures, last of ${where}: ${endSentence(message)} Change the spec to try again`,
  );
}

/** Texts of others end with a period, an ellipsis or nothing. */
function endSentence(text: string): string {
  return /[.…!?]$/.test(text) ? text : `${text}.`;
}

/** Worst first. Empty when there is nothing to say but that pods are missing. */
function pendingFindings(plan: Plan, findings: ReadonlyMap<PodView, Finding>): Finding[] {
  const { digest, wanted, failure } = plan;
  const all: Finding[] = [];
  if (digest?.kind === 'Unknown') all.push(digest.finding);
  if (failure.kind !== 'GivenUp') {
    if (wanted?.deployment?.replicaFailure !== undefined) all.push(classifyAdmission(`Deployment ${wanted.name}`, wanted.deployment.replicaFailure));
    for (const pod of (wanted?.pods ?? []).filter(isLive)) {
      const finding = findings.get(pod);
      if (finding !== undefined && finding.severity !== 'Fine') all.push(finding);
    }
    if (wanted !== undefined) all.push(...findLosses(wanted, plan.context.replicas, findings));
  }
  return all;
}

/**
 * A pod that the API server refuses is refused for the reasons that Deployments meet; what waits for others is no failure; anything
 * else is just a write that failed.
 */
function classifyWrite({ action, message, wait }: WriteFailure, before: ModelDeploymentStatus | undefined): Finding[] {
  if (wait !== undefined) return wait.reason === 'PredecessorNotCollected' ? [progress('WaitingForDeletion', message)] : [];
  if (action.kind === 'StartResolver' && /forbidden|quota|PodSecurity|service account/i.test(message))
    return [classifyAdmission('Resolver pod', message)];
  const said = before?.blockers?.find(({ reason }) => reason === 'WriteFailed')?.message;
  // a port or an address that is another each time would make each status another one, and each status asks for another pass
  return [blocked('WriteFailed', said !== undefined && withoutNumbers(said) === withoutNumbers(clip(message)) ? said : message)];
}

function withoutNumbers(text: string): string {
  return text.replace(/[0-9a-f]*[0-9][0-9a-f]*/gi, '#');
}

function mergeByReason(findings: readonly Finding[]): Finding[] {
  const byReason = new Map<Reason, Finding[]>();
  for (const finding of findings) byReason.set(finding.reason, [...(byReason.get(finding.reason) ?? []), finding]);
  return [...byReason.values()].slice(0, LIMITS.statusBlockers).flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    return others.length === 0 ? [first] : [blocked(first.reason, `${first.message} (and ${others.length} more of this kind)`)];
  });
}

/** What to say when nothing particular is known: pods are on their way. */
export function waitingForPods(wanted: RevisionState | undefined, replicas: number): Finding {
  const name = wanted === undefined ? '' : `Revision ${wanted.name}: `;
  return progress('WaitingForPods', `${name}${wanted?.readyPods ?? 0} of ${replicas} pods are ready`);
}
