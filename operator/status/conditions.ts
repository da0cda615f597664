/** The only setter of conditions: a transition is a change of status and nothing else; messages fit; the order is fixed. */
import { CONDITION_TYPES, type ConditionType, type Reason } from '../api/reasons.js';
import type { StatusCondition } from '../api/zz_generated.modeldeployment.js';
import { clip } from '../plan/finding.js';

/** A condition before it is known since when it holds. */
export interface ConditionDraft {
  readonly type: ConditionType;
  readonly status: StatusCondition['status'];
  readonly reason: Reason;
  readonly message: string;
}

export interface SetOptions {
  readonly generation: number;
  readonly nowMs: number;
}

/** The drafts as conditions; types that have no draft are gone. */
export function setConditions(
  before: readonly StatusCondition[],
  drafts: readonly ConditionDraft[],
  { generation, nowMs }: SetOptions,
): StatusCondition[] {
  const now = new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z');
  return CONDITION_TYPES.flatMap((type) => {
    const draft = drafts.find((candidate) => candidate.type === type);
    if (draft === undefined) return [];
    const old = before.find((condition) => condition.type === type);
    const lastTransitionTime = old?.status === draft.status ? old.lastTransitionTime : now;
    return [{ ...draft, message: clip(draft.message), observedGeneration: generation, lastTransitionTime }];
  });
}
