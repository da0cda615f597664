/**
 * uri → digest. A pin is used as it is; a digest that was resolved for the same source stays; else resolver pods ask the source,
 * one at a time. Attempts are counted from the pods themselves: the k-th waits min(10 s × 2^(k − 1), 5 min) after the end of the
 * one before (k = 1, 2, 3 → 10 s, 20 s, 40 s). Three attempts that failed for good end it until the spec's generation moves.
 */
import { isPermanent } from '../../contract/termination.js';
import { LIMITS } from '../api/limits.js';
import { computeResolverHash, computeSourceHash, withoutTag } from '../render/identity.js';
import type { PodView, Terminated } from '../view/pod-view.js';
import type { RevisionView } from '../view/revision-view.js';
import type { Action } from './action.js';
import { isTakenAway } from './classify-lost.js';
import { classifyPod } from './classify-pod.js';
import { readTermination } from './classify-termination.js';
import { hasEnded, type PhasePlan, type PlanContext } from './context.js';
import { blocked, type Finding, progress } from './finding.js';
import { pendingDeadlineMs } from './pending-deadline.js';

const DIGEST = /^sha256:[a-f0-9]{64}$/;

export type DigestPlan = PhasePlan &
  (
    | { readonly kind: 'Known'; readonly digest: string; readonly sourceRevision: string | undefined; readonly justResolved: boolean }
    | { readonly kind: 'Unknown'; readonly finding: Finding }
    | { readonly kind: 'Stalled'; readonly finding: Finding }
  );

export function planDigest(context: PlanContext): DigestPlan {
  const { observed, spec } = context;
  const known = spec.model.digest ?? findResolved(context);
  if (known !== undefined) {
    const sourceRevision = findSourceRevision(context, known);
    return { kind: 'Known', digest: known, sourceRevision, justResolved: false, actions: deletePods(observed, observed.resolvers) };
  }
  if (spec.suspend) {
    return {
      kind: 'Unknown',
      finding: progress('Suspended', 'spec.suspend is true: the model is not resolved'),
      actions: deletePods(observed, observed.resolvers),
    };
  }
  const hash = computeResolverHash(spec, context.config);
  const mine = observed.resolvers.filter((pod) => pod.sourceHash === hash);
  const foreign = observed.resolvers.filter((pod) => pod.sourceHash !== hash);
  const plan = planAttempts(context, mine);
  return { ...plan, actions: [...plan.actions, ...deletePods(observed, foreign)] };
}

/** Exponential, from the number of the attempt that failed. */
export function resolveBackoffMs(attempt: number): number {
  return Math.min(LIMITS.firstResolveBackoffMs * 2 ** Math.min(attempt - 1, 16), LIMITS.lastResolveBackoffMs);
}

function findResolved({ observed, spec }: PlanContext): string | undefined {
  const hash = computeSourceHash(spec);
  const resolved = observed.revisions.filter(({ sourceHash, digest }) => sourceHash === hash && digest !== '');
  return resolved.sort((a, b) => b.number - a.number)[0]?.digest;
}

/** Bytes that were once found in this repository are found there again by the name that they had then, whatever its branches are now. */
function findSourceRevision({ observed, spec }: PlanContext, digest: string): string | undefined {
  const isSame = ({ digest: other, uri, sourceRevision }: RevisionView): boolean =>
    other === digest && sourceRevision !== undefined && withoutTag(uri) === withoutTag(spec.model.uri);
  return observed.revisions.filter(isSame).sort((a, b) => b.number - a.number)[0]?.sourceRevision;
}

function planAttempts(context: PlanContext, pods: readonly PodView[]): DigestPlan {
  const { observed, nowMs } = context;
  const serial = Math.max(0, ...pods.map(serialOf)) + 1;
  const found = pods.map(readAnswer).find((answer) => answer !== undefined);
  if (found !== undefined) return { kind: 'Known', ...found, justResolved: true, actions: [] };
  const failed = pods.filter((pod) => isFinished(pod) && !pod.isTerminating && pod.generation === observed.generation);
  const outdated = pods.filter((pod) => isFinished(pod) && !pod.isTerminating && pod.generation !== observed.generation);
  const byAttempt = failed.sort((a, b) => b.attempt - a.attempt);
  const cleanUp = deletePods(observed, [...outdated, ...byAttempt.slice(LIMITS.keptResolverPods)]);
  const last = byAttempt[0];
  const running = pods.find((pod) => !isFinished(pod) && !pod.isTerminating);
  if (running !== undefined) return { kind: 'Unknown', finding: describeRunning(running, last, nowMs), actions: cleanUp, ...wakeAt(running, nowMs) };
  if (last === undefined) return startAttempt(context, { serial, attempt: 1 }, cleanUp);
  if (isGivenUp(byAttempt)) return { kind: 'Stalled', finding: describeGivenUp(last, nowMs), actions: cleanUp };
  const nextAtMs = endedAtMs(last, nowMs) + resolveBackoffMs(last.attempt);
  if (nextAtMs <= nowMs) return startAttempt(context, { serial, attempt: last.attempt + 1 }, cleanUp);
  return { kind: 'Unknown', finding: describeWait(last, nextAtMs, nowMs), actions: cleanUp, requeueAtMs: nextAtMs };
}

function startAttempt({ spec }: PlanContext, next: { serial: number; attempt: number }, cleanUp: readonly Action[]): DigestPlan {
  const finding = progress('Resolving', `Attempt ${next.attempt} to resolve ${spec.model.uri} begins`);
  // made before older pods are deleted, so that its number is never given twice
  return { kind: 'Unknown', finding, actions: [{ kind: 'StartResolver', ...next }, ...cleanUp] };
}

/** Newest first. A failure that may mend itself in between starts nothing anew: three for good are three. */
function isGivenUp(failed: readonly PodView[]): boolean {
  const [last] = failed;
  return last !== undefined && isForGood(last) && failed.filter(isForGood).length >= LIMITS.permanentFailures;
}

function isForGood(pod: PodView): boolean {
  const ended = endOf(pod);
  const said = ended === undefined || isTakenAway(pod) ? undefined : readTermination(ended);
  return said !== undefined && isPermanent(said.code);
}

/** A new attempt takes nothing back: until it ends, the last failure is what is known. */
function describeRunning(pod: PodView, last: PodView | undefined, nowMs: number): Finding {
  const finding = classifyPod(pod, nowMs);
  if (finding.severity === 'Blocked') return finding;
  if (last !== undefined) {
    const { reason, message } = describeEnd(last, nowMs);
    return blocked(reason, `${message}. Attempt ${pod.attempt} is under way`);
  }
  if (finding.reason === 'Scheduling') return finding;
  return progress('Resolving', `Pod ${pod.name} asks the source for the digest`);
}

function describeGivenUp(last: PodView, nowMs: number): Finding {
  const { reason, message } = describeEnd(last, nowMs);
  return blocked(reason, `${message}. Given up after ${LIMITS.permanentFailures} attempts: correct the spec to try again`);
}

function describeWait(last: PodView, nextAtMs: number, nowMs: number): Finding {
  const { reason, message } = describeEnd(last, nowMs);
  return blocked(reason, `${message}. Attempt ${last.attempt + 1} follows at ${new Date(nextAtMs).toISOString()}`);
}

function describeEnd(pod: PodView, nowMs: number): Finding {
  const finding = classifyPod(pod, nowMs);
  return finding.severity === 'Blocked' ? finding : blocked('ResolveFailed', `Pod ${pod.name} ended without an answer: see its log`);
}

/** A pod that waits silently becomes a finding when its time is over. */
function wakeAt(pod: PodView, nowMs: number): { readonly requeueAtMs?: number } {
  const atMs = pod.phase === 'Pending' ? pendingDeadlineMs(pod) : undefined;
  return atMs !== undefined && atMs > nowMs ? { requeueAtMs: atMs } : {};
}

function isFinished({ phase }: PodView): boolean {
  return hasEnded(phase);
}

/** By the clock of the node; by the API server's where that one runs ahead, or a retry would wait for as long as it does. */
function endedAtMs(pod: PodView, nowMs: number): number {
  const atMs = endOf(pod)?.finishedAtMs;
  return Math.min(atMs !== undefined && atMs <= nowMs ? atMs : (pod.createdAtMs ?? nowMs), nowMs);
}

function readAnswer(pod: PodView): { digest: string; sourceRevision: string | undefined } | undefined {
  const ended = endOf(pod);
  const { code, digest = '', sourceRevision } = (ended === undefined ? undefined : readTermination(ended)) ?? {};
  return code === 'OK' && DIGEST.test(digest) ? { digest, sourceRevision } : undefined;
}

function endOf(pod: PodView): Terminated | undefined {
  const state = pod.containers[0]?.state;
  return state?.kind === 'Terminated' ? state : undefined;
}

/** `reader-resolve-1a2b3c4d-7` → 7. */
function serialOf({ name }: PodView): number {
  return Number(/-(\d+)$/.exec(name)?.[1] ?? 0);
}

/** But those that asked for a spec that is newer than the one seen: they count, once that is seen. */
function deletePods({ generation }: PlanContext['observed'], pods: readonly PodView[]): Action[] {
  const over = pods.filter((pod) => !pod.isTerminating && pod.generation <= generation);
  return over.map(({ name }) => ({ kind: 'DeletePod', pod: name }));
}
