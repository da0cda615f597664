/** Ready, from the other conditions and from nothing else. */
import type { ConditionDraft } from './conditions.js';

/** What counts, the headline first. A negative condition fails by being True, a positive one by not being so. */
export const READY_TABLE = [
  { type: 'Stalled', polarity: 'Negative' },
  { type: 'Scheduled', polarity: 'Positive' },
  { type: 'Reconciling', polarity: 'Negative' },
  { type: 'ModelVerified', polarity: 'Positive' },
  { type: 'Available', polarity: 'Positive' },
] as const;

/**
 * The first that says no is the cause; only when none does, the first that does not know yet. A model is Ready when all say yes:
 * Stalled and Reconciling absent, Scheduled, ModelVerified and Available True.
 */
export function summarize(drafts: readonly ConditionDraft[]): ConditionDraft {
  const judged = READY_TABLE.map(({ type, polarity }) => ({ polarity, draft: drafts.find((draft) => draft.type === type) }));
  const isFailing = ({ polarity, draft }: (typeof judged)[number]): boolean => draft?.status === (polarity === 'Negative' ? 'True' : 'False');
  const isOpen = ({ polarity, draft }: (typeof judged)[number]): boolean => polarity === 'Positive' && draft?.status !== 'True';
  const cause = judged.find(isFailing) ?? judged.find(isOpen);
  if (cause !== undefined) {
    const { reason, message } = cause.draft ?? { reason: 'WaitingForPods', message: 'Nothing is known yet' };
    return { type: 'Ready', status: 'False', reason, message };
  }
  const available = drafts.find(({ type }) => type === 'Available');
  return { type: 'Ready', status: 'True', reason: 'Serving', message: available?.message ?? '' };
}
