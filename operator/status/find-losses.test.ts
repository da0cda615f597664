/** When pods that are gone are what keeps a model from being ready, and when they are old news. */
import { describe, expect, test } from '@jest/globals';
import { makePod, type PodBuilder } from '../../test/builders/pod.js';
import { classifyPod } from '../plan/classify-pod.js';
import type { RevisionState } from '../plan/context.js';
import { findLosses } from './find-losses.js';

const REVISION = 'reader-1a2b3c4d';
const at = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
const NOW = Date.parse(at(59));

/** Made in minute `minute`. */
const pod = (name: string, minute: number): PodBuilder => makePod(name, REVISION).metadata({ creationTimestamp: at(minute) });
const ready = (name: string, minute: number): PodBuilder => pod(name, minute).on('n1').ready();
const loading = (name: string, minute: number): PodBuilder =>
  pod(name, minute)
    .on('n1')
    .fetched()
    .main({ running: { startedAt: at(minute) } });
/** Made and lost in minute `minute`. */
const lost = (name: string, minute: number, reason = 'Evicted'): PodBuilder =>
  pod(name, minute).spec({ nodeName: 'n1' }).status({ phase: 'Failed', reason, message: 'The node was low on resource: memory. ' });
const leaving = (name: string, minute: number, reason: string): PodBuilder =>
  ready(name, minute)
    .condition('DisruptionTarget', 'True', reason, 'words')
    .metadata({ creationTimestamp: at(minute), deletionTimestamp: at(58) });

function losses(pods: readonly PodBuilder[], replicas: number): string[] {
  const views = pods.map((each) => each.view());
  const state: RevisionState = { name: REVISION, stored: undefined, deployment: undefined, pods: views, readyPods: 0 };
  const findings = new Map(views.map((view) => [view, classifyPod(view, NOW)]));
  return findLosses(state, replicas, findings).map(({ severity, reason, message }) => `${severity} ${reason} ${message}`);
}

describe('lost pods', () => {
  test.each<{ name: string; pods: readonly PodBuilder[]; replicas?: number; want: readonly string[] }>([
    { name: 'none', pods: [ready('a', 1)], want: [] },
    { name: 'one, and nothing in its place yet', pods: [lost('a', 1)], want: ['Blocked Evicted Pod a on node n1 was evicted'] },
    { name: 'one whose replacement loads', pods: [lost('a', 1), loading('b', 2)], want: [] },
    { name: 'one whose replacement is ready, while another pod is missing', pods: [lost('a', 1), ready('b', 2)], replicas: 2, want: [] },
    {
      name: 'one of long ago, while a pod that was asked for today loads',
      pods: [lost('a', 1), ready('b', 2), loading('c', 50)],
      replicas: 2,
      want: [],
    },
    {
      name: 'two, of which the second was to replace the first',
      pods: [lost('a', 1), lost('b', 2), loading('c', 3)],
      want: [
        'Blocked Evicted 2 pods of revision reader-1a2b3c4d were evicted since 2026-01-01T00:01:00Z, the last: Pod b on node n1 was evicted: The node',
      ],
    },
    { name: 'two at once, both being replaced', pods: [lost('a', 1), lost('b', 1), loading('c', 3), loading('d', 3)], replicas: 2, want: [] },
    {
      name: 'as many as are kept, whatever is on its way',
      pods: [lost('a', 1), lost('b', 1), lost('c', 2), loading('d', 3), loading('e', 3), loading('f', 3)],
      replicas: 3,
      want: ['Blocked Evicted 3 pods of revision reader-1a2b3c4d were evicted since 2026-01-01T00:01:00Z, the last: Pod c'],
    },
    {
      name: 'beside pods that were ready before them',
      pods: [ready('a', 1), lost('b', 5), lost('c', 6), loading('d', 7)],
      replicas: 2,
      want: ['Blocked Evicted 2 pods of revision reader-1a2b3c4d were evicted since 2026-01-01T00:05:00Z, the last: Pod c'],
    },
    {
      name: 'to several causes',
      pods: [lost('a', 1), lost('b', 2), lost('c', 3, 'OutOfnvidia.com/gpu'), lost('d', 4, 'OutOfnvidia.com/gpu')],
      want: [
        'Blocked Evicted 2 pods of revision reader-1a2b3c4d were evicted since',
        'Blocked DeviceAllocationFailed 2 pods of revision reader-1a2b3c4d did not get their device since 2026-01-01T00:03:00Z, the last: Pod d on node n1 did not get its device: The node was low on resource: memory. See the device plugin of the node',
      ],
    },
    {
      name: 'one that is being taken away, while its replacement loads',
      pods: [leaving('a', 1, 'PreemptionByScheduler'), loading('b', 58)],
      want: ['Progress Preempted Pod a on node n1 gave way to a pod of higher priority: words (it is ending)'],
    },
    { name: 'one that ends because it was to', pods: [ready('a', 1).metadata({ deletionTimestamp: at(58) }), loading('b', 58)], want: [] },
  ])('$name', ({ pods, replicas = 1, want }) => {
    const found = losses(pods, replicas);
    expect(found.map((text, index) => text.slice(0, want[index]?.length ?? 0))).toEqual(want);
    expect(losses([...pods].reverse(), replicas).sort()).toEqual([...found].sort());
  });
});
