/**
 * When is a revision given up? After three failures that only another spec can mend: of a revision that is not serving yet. One
 * that was seen fully ready and still holds the address is never given up: what it served once, it may serve again.
 */
import { isPermanent, type TerminationCode } from '../../contract/termination.js';
import { LIMITS } from '../api/limits.js';
import type { PodView } from '../view/pod-view.js';
import type { FailureEvidence } from '../view/revision-view.js';
import { endsOf, readTermination, reasonOfCode } from './classify-termination.js';
import type { PlanContext, RevisionState } from './context.js';
import { clip } from './finding.js';
import { readFetched } from './read-fetched.js';

export type FailureDecision =
  | { readonly kind: 'Trusted' }
  /** Given up for this generation, now or before. */
  | { readonly kind: 'GivenUp'; readonly evidence: FailureEvidence; readonly isNew: boolean }
  /** Was given up for an older generation; is tried anew. */
  | { readonly kind: 'Forgiven' };

export function planFailure(context: PlanContext, state: RevisionState): FailureDecision {
  const { observed } = context;
  const failed = state.stored?.failed;
  if (failed !== undefined)
    return failed.generation === observed.generation ? { kind: 'GivenUp', evidence: failed, isNew: false } : { kind: 'Forgiven' };
  const isHoldingAddress = observed.serving === state.name && state.stored?.provenAt !== undefined;
  if (isHoldingAddress || state.readyPods > 0 || state.stored === undefined || (state.deployment?.desired ?? 0) === 0) return { kind: 'Trusted' };
  const failures = state.pods.filter((pod) => !pod.isTerminating).flatMap(permanentFailures);
  const count = failures.reduce((sum, failure) => sum + failure.times, 0);
  const worst = failures.sort((a, b) => b.times - a.times || (a.pod.name < b.pod.name ? -1 : 1))[0];
  if (worst === undefined || count < LIMITS.permanentFailures) return { kind: 'Trusted' };
  return { kind: 'GivenUp', evidence: toEvidence(context, worst, count), isNew: true };
}

interface PermanentFailure {
  readonly pod: PodView;
  readonly code: TerminationCode;
  readonly message: string;
  readonly times: number;
}

/**
 * A container that ended for good k times in place: restarts, and one more while its newest end has not been followed by a start.
 * The kubelet keeps the newest two ends; where either mends by itself, only the ends seen for good count.
 */
function permanentFailures(pod: PodView): PermanentFailure[] {
  return pod.containers.flatMap((container) => {
    const ends = endsOf(container);
    const said = ends.map(readTermination);
    const newest = said[0];
    if (newest === undefined || !isPermanent(newest.code)) return [];
    const isAllForGood = said.every((end) => end !== undefined && isPermanent(end.code));
    const all = container.restarts + (container.state.kind === 'Terminated' ? 1 : 0);
    return [{ pod, code: newest.code, message: newest.message, times: isAllForGood ? all : 1 }];
  });
}

function toEvidence({ observed, nowMs }: PlanContext, { pod, code, message }: PermanentFailure, count: number): FailureEvidence {
  const reason = reasonOfCode(code);
  const fetched = readFetched(pod);
  return {
    ...{ reason, code, message: clip(message, LIMITS.evidenceMessage), pod: pod.name, node: pod.node, count },
    generation: observed.generation,
    at: new Date(nowMs).toISOString(),
    ...(fetched === undefined ? {} : { fetched }),
  };
}
