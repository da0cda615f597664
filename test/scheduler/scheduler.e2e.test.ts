/** Placement beside kube-scheduler's own filters. No cluster is needed: they are asked over snapshots. */
import { expect, test } from '@jest/globals';
import { compareWithScheduler } from './compare.js';

test('on 500 random clusters each node is refused by the filter that refuses it in the scheduler, for the same reasons', async () => {
  const { differences, said } = await compareWithScheduler(1, 0, 500);
  expect(differences).toEqual([]);
  // clusters of which nothing was said would prove nothing
  const seldom = ['', 'NodeUnschedulable', 'NodeName', 'TaintToleration', 'NodeAffinity', 'NodeResourcesFit'].filter(
    (plugin) => (said.get(plugin) ?? 0) < 20,
  );
  expect(seldom).toEqual([]);
}, 600_000);
