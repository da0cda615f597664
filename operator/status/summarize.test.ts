import { describe, expect, test } from '@jest/globals';
import type { ConditionDraft } from './conditions.js';
import { summarize } from './summarize.js';

const draft = (type: ConditionDraft['type'], status: ConditionDraft['status'], reason: ConditionDraft['reason'] = 'Serving'): ConditionDraft => ({
  type,
  status,
  reason,
  message: `${type} ${reason}`,
});
const good = [draft('Scheduled', 'True'), draft('ModelVerified', 'True'), draft('Available', 'True')];

describe('summarize', () => {
  test.each<{ name: string; drafts: readonly ConditionDraft[]; want: string }>([
    { name: 'all good', drafts: good, want: 'True Serving' },
    { name: 'nothing known', drafts: [], want: 'False WaitingForPods' },
    {
      name: 'stalled comes before everything',
      drafts: [...good, draft('Scheduled', 'False', 'QuotaExceeded'), draft('Stalled', 'True', 'DigestMismatch')],
      want: 'False DigestMismatch',
    },
    {
      name: 'the cause comes before its consequence',
      drafts: [
        draft('Scheduled', 'False', 'Unschedulable'),
        draft('ModelVerified', 'Unknown', 'WaitingForPods'),
        draft('Available', 'False', 'NotReady'),
      ],
      want: 'False Unschedulable',
    },
    {
      name: 'an older revision that answers does not make it Ready',
      drafts: [...good, draft('Reconciling', 'True', 'TakingOver')],
      want: 'False TakingOver',
    },
    {
      name: 'what fails comes before what is not known',
      drafts: [draft('Scheduled', 'Unknown', 'Suspended'), draft('ModelVerified', 'Unknown', 'Suspended'), draft('Available', 'False', 'Suspended')],
      want: 'False Suspended',
    },
    {
      name: 'not known is not Ready',
      drafts: [draft('Scheduled', 'True'), draft('ModelVerified', 'Unknown', 'WaitingForPods'), draft('Available', 'True')],
      want: 'False WaitingForPods',
    },
  ])('$name', ({ drafts, want }) => {
    const { type, status, reason } = summarize(drafts);
    expect([type, `${status} ${reason}`]).toEqual(['Ready', want]);
  });
});
