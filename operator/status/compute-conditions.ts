/** Every condition but Ready. */
import { LIMITS } from '../api/limits.js';
import type { ConditionType, ReasonInfo } from '../api/reasons.js';
import { isReason, REASONS, type Reason } from '../api/reasons.js';
import { isLive } from '../plan/context.js';
import { clip, type Finding } from '../plan/finding.js';
import type { FailureDecision } from '../plan/plan-failure.js';
import type { Plan } from '../plan/plan-model-deployment.js';
import { describeUpdate } from '../plan/plan-update.js';
import { modelAddress } from '../render/services.js';
import type { PodView } from '../view/pod-view.js';
import { type Assessment, waitingForPods } from './assess.js';
import type { ConditionDraft } from './conditions.js';

export function computeConditions(facts: Assessment): ConditionDraft[] {
  const { context } = facts.plan;
  const drafts = [modelVerified(facts), scheduled(facts), available(facts)];
  if (facts.stalled !== undefined) drafts.push(draft('Stalled', 'True', facts.stalled, stillServes(facts)));
  else if (!facts.isServed && (context.replicas > 0 || facts.worst !== undefined))
    drafts.push(draft('Reconciling', 'True', describeProgress(facts), stillServes(facts)));
  const { update } = facts.plan;
  if (update !== undefined) drafts.push(draft('UpdateAvailable', 'True', { reason: 'UpdateOffered', message: describeUpdate(update) }));
  return drafts;
}

/** Says that clients still have answers while the spec does not have what it asks for. */
function stillServes({ serving, plan }: Assessment): string {
  if (serving === undefined || serving.readyPods === 0 || serving.name === plan.wanted?.name) return '';
  return ` (revision ${serving.name} still serves)`;
}

function describeProgress({ plan, worst, serving }: Assessment): Pick<Finding, 'reason' | 'message'> {
  const { context, digest, wanted } = plan;
  const { leftovers, orphans } = context.observed;
  if (leftovers.length > 0)
    return {
      reason: 'WaitingForDeletion',
      message: `Objects of a deleted ModelDeployment of this name are being removed: ${leftovers.slice(0, 5).join(', ')}`,
    };
  if (worst !== undefined) return worst;
  if (orphans.length > 0) {
    const names = orphans.slice(0, 5).map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    return { reason: 'Adopting', message: `Objects of this model that have lost their owner are taken back: ${names.join(', ')}` };
  }
  if (digest?.kind === 'Known' && wanted !== undefined && wanted.stored === undefined)
    return { reason: 'RevisionCreated', message: `Revision ${wanted.name} is made for ${digest.digest}` };
  const waiting = waitingForPods(wanted, context.replicas);
  if (wanted === undefined || wanted.readyPods < context.replicas || serving?.name === wanted.name) return waiting;
  return { reason: 'TakingOver', message: `Revision ${wanted.name} is ready and the address moves to it` };
}

const SUSPENDED = { reason: 'Suspended', message: 'spec.suspend is true: no pods, nothing answers' } as const;
const ZERO = { reason: 'ScaledToZero', message: 'spec.replicas is 0: no pods, nothing answers' } as const;

/** Why there are to be no pods; undefined when there are to be some. */
function whyNoPods({ plan }: Assessment): Pick<Finding, 'reason' | 'message'> | undefined {
  const { spec, replicas } = plan.context;
  if (replicas > 0) return undefined;
  return spec.suspend ? SUSPENDED : ZERO;
}

/** What was given up has no pods to count, whatever else still serves. */
function describeGivenUp({ failure, digest, refusal }: Plan): string | undefined {
  if (refusal !== undefined) return 'No pods of the new spec: the update that it accepts is not on offer';
  if (failure.kind === 'GivenUp') return 'No pods: the revision was given up';
  return digest?.kind === 'Stalled' ? 'No pods of the new spec: its digest was given up' : undefined;
}

function scheduled(facts: Assessment): ConditionDraft {
  const { plan, blockers, stalled } = facts;
  const none = whyNoPods(facts);
  if (none !== undefined) return draft('Scheduled', 'Unknown', none);
  const message = describeGivenUp(plan);
  if (message !== undefined) return draft('Scheduled', 'Unknown', { reason: 'WaitingForPods', message });
  const refusal = blockers.find(({ reason }) => carries(reason, 'Scheduled'));
  if (refusal !== undefined) return draft('Scheduled', 'False', refusal);
  const placed = (plan.wanted?.pods ?? []).filter((pod) => isLive(pod) && pod.node !== '').length;
  if (stalled === undefined && placed >= plan.context.replicas) {
    return draft('Scheduled', 'True', { reason: 'PodsScheduled', message: `${placed} of ${plan.context.replicas} pods have a node` });
  }
  return draft('Scheduled', 'Unknown', { reason: 'WaitingForPods', message: `${placed} of ${plan.context.replicas} pods have a node` });
}

function modelVerified(facts: Assessment): ConditionDraft {
  const { plan, blockers, isServed } = facts;
  const failure = isServed ? undefined : blockers.find(({ reason }) => carries(reason, 'ModelVerified'));
  if (failure !== undefined) return draft('ModelVerified', 'False', failure);
  if (plan.digest?.kind === 'Known' && (plan.wanted?.pods.some(hasVerified) === true || wasLoaded(plan.failure))) {
    return draft('ModelVerified', 'True', { reason: 'Verified', message: `${plan.digest.digest} was verified before it was loaded` });
  }
  const none = whyNoPods(facts);
  if (none !== undefined) return draft('ModelVerified', 'Unknown', none);
  if (facts.worst !== undefined && carries(facts.worst.reason, 'ModelVerified')) return draft('ModelVerified', 'Unknown', facts.worst);
  return draft('ModelVerified', 'Unknown', { reason: 'WaitingForPods', message: 'No pod of the wanted revision has fetched the model yet' });
}

/** The init container ends well only when the bytes had the digest that stands in its command line. */
function hasVerified({ containers, isReady }: PodView): boolean {
  return isReady || containers.some(({ isInit, state }) => isInit && state.kind === 'Terminated' && state.exitCode === 0);
}

/** A revision that was given up at loading has no pods any more; what it got as far as stays true. */
function wasLoaded(failure: FailureDecision): boolean {
  return failure.kind === 'GivenUp' && isReason(failure.evidence.reason) && isLoadFailure(failure.evidence.reason);
}

function isLoadFailure(reason: Reason): boolean {
  const info: ReasonInfo = REASONS[reason];
  return info.layer === 'load';
}

function available(facts: Assessment): ConditionDraft {
  const { serving, plan } = facts;
  const ready = serving?.readyPods ?? 0;
  const where = modelAddress(plan.context.identity, 'grpc');
  if (serving !== undefined && ready > 0) {
    return draft('Available', 'True', {
      reason: 'Serving',
      message: `Revision ${serving.name} answers at ${where} with ${ready} ready ${ready === 1 ? 'pod' : 'pods'}`,
    });
  }
  const none = whyNoPods(facts);
  if (none !== undefined) return draft('Available', 'False', none);
  return draft('Available', 'False', { reason: 'NotReady', message: `No pod is ready at ${where}` });
}

function carries(reason: Reason, type: ConditionType): boolean {
  const info: ReasonInfo = REASONS[reason];
  return info.types.includes(type);
}

function draft(
  type: ConditionType,
  status: ConditionDraft['status'],
  { reason, message }: Pick<Finding, 'reason' | 'message'>,
  suffix = '',
): ConditionDraft {
  // the suffix is short and must survive the cut of a long message
  return { type, status, reason, message: suffix === '' ? message : `${clip(message, LIMITS.message - 124)}${suffix}` };
}
