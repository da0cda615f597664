import { describe, expect, test } from '@jest/globals';
import { computeKstatus } from '../../test/builders/kstatus.js';
import { makeModelDeployment } from '../../test/builders/model-deployment.js';
import { SITUATIONS } from '../../test/builders/situations.js';
import type { KubeObject } from '../ports.js';

describe('what Helm, Flux and kubectl plugins read', () => {
  test.each(SITUATIONS)('$name', async ({ make, want }) => expect(computeKstatus(await make())).toBe(want.kstatus));
});

describe('the rules of kstatus', () => {
  const condition = (type: string, status: string) => ({ type, status, reason: 'Any', message: 'm' });
  const object = (status: unknown, metadata: Partial<KubeObject['metadata']> = {}): KubeObject => {
    const made: KubeObject = makeModelDeployment().metadata(metadata).obj();
    return { ...made, status };
  };

  test.each<{ name: string; object: KubeObject; want: string }>([
    { name: 'nothing is said: done', object: object(undefined), want: 'Current' },
    {
      name: 'the generation is another',
      object: object({ observedGeneration: 1, conditions: [condition('Ready', 'True')] }, { generation: 2 }),
      want: 'InProgress',
    },
    {
      name: 'deletion comes before all',
      object: object({ observedGeneration: 0 }, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
      want: 'Terminating',
    },
    {
      name: 'the generation before Stalled',
      object: object({ observedGeneration: 0, conditions: [condition('Stalled', 'True')] }),
      want: 'InProgress',
    },
    { name: 'Stalled before Ready', object: object({ conditions: [condition('Ready', 'True'), condition('Stalled', 'True')] }), want: 'Failed' },
    {
      name: 'Reconciling before Ready',
      object: object({ conditions: [condition('Ready', 'True'), condition('Reconciling', 'True')] }),
      want: 'InProgress',
    },
    {
      name: 'the first of Reconciling and Stalled',
      object: object({ conditions: [condition('Stalled', 'True'), condition('Reconciling', 'True')] }),
      want: 'Failed',
    },
    {
      name: 'what is not True counts for nothing',
      object: object({ conditions: [condition('Stalled', 'False'), condition('Ready', 'True')] }),
      want: 'Current',
    },
    { name: 'Ready is not known', object: object({ conditions: [condition('Ready', 'Unknown')] }), want: 'InProgress' },
  ])('$name', ({ object: seen, want }) => expect(computeKstatus(seen)).toBe(want));
});
