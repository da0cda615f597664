import { expect, test } from '@jest/globals';
import { describeExited, howItEnded } from './supervisor.js';
import { type ComponentState, parseSupervisorState } from './supervisor-state.js';

const ETCD: ComponentState = { name: 'etcd', phase: 'running', pid: 12, starts: 1, log: '/nowhere/etcd.log' };

test('what the supervisor writes is read, and fields of later versions are ignored', () => {
  const text = JSON.stringify({ pid: 7, startTicks: 99, later: true, components: [{ ...ETCD, startTicks: 5, startedAt: '2026-01-01T00:00:00Z' }] });
  expect(parseSupervisorState(text)).toEqual({ pid: 7, startTicks: 99, components: [{ ...ETCD, startedAt: '2026-01-01T00:00:00Z' }] });
});

test.each([
  '',
  '{',
  'null',
  '[]',
  '{"pid":1}',
  '{"pid":"1","startTicks":2,"components":[]}',
  '{"pid":1,"startTicks":2,"components":[{"name":"etcd"}]}',
])('%j is what no supervisor wrote', (text) => {
  expect(parseSupervisorState(text)).toBeUndefined();
});

test.each<[string, Partial<ComponentState>, string]>([
  ['a program that could not be started', { error: 'exec format error' }, 'exec format error'],
  ['a signal', { exitCode: -1, signal: 'killed' }, 'signal: killed'],
  ['an exit code', { exitCode: 1, signal: '' }, 'exit code 1'],
])('%s', (_, fields, want) => {
  expect(howItEnded({ ...ETCD, phase: 'exited', ...fields })).toBe(want);
});

test('only what has ended is told, with its log', () => {
  const dead: ComponentState = { ...ETCD, name: 'kubelet', phase: 'exited', exitCode: 2, log: '/nowhere/kubelet.log' };
  expect(describeExited({ pid: 1, startTicks: 1, components: [ETCD, dead, { ...ETCD, phase: 'waiting' }] })).toEqual([
    'kubelet has ended (exit code 2); its last words in /nowhere/kubelet.log:\n    (no log)',
  ]);
});
