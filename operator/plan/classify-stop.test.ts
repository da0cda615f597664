/** Who ended the runtime: itself, the kernel, or a kubelet that had no answer from it. */
import { describe, expect, test } from '@jest/globals';
import { endedWith, makePod, POD_TIME, type PodBuilder, waiting } from '../../test/builders/pod.js';
import { classifyPod } from './classify-pod.js';

const at = (seconds: number): string => new Date(Date.parse(POD_TIME) + seconds * 1000).toISOString();
const ended = (exitCode: number, reason = 'Error') => ({ terminated: { exitCode, reason, startedAt: at(100), finishedAt: at(1000) } });
const crashed = (lastState: Readonly<Record<string, unknown>>): PodBuilder =>
  makePod().on('n1').fetched().main(waiting('CrashLoopBackOff'), { restartCount: 1, lastState });

test.each<{ name: string; pod: PodBuilder; want: string }>([
  { name: 'silent for a minute before it was killed', pod: crashed(ended(137)).unreadySince(at(940)), want: 'ProbeKilled' },
  { name: 'silent for less', pod: crashed(ended(137)).unreadySince(at(941)), want: 'RuntimeCrashed' },
  { name: 'never ready since it began', pod: crashed(ended(137)).unreadySince(at(100)), want: 'RuntimeCrashed' },
  { name: 'not ready only after its end', pod: crashed(ended(137)).unreadySince(at(1001)), want: 'RuntimeCrashed' },
  { name: 'killed, and nobody knows since when it was not ready', pod: crashed(ended(137)), want: 'RuntimeCrashed' },
  { name: 'killed for want of memory after a silence', pod: crashed(ended(137, 'OOMKilled')).unreadySince(at(500)), want: 'HostMemoryExceeded' },
  { name: 'lost by its node after a silence', pod: crashed(ended(137, 'ContainerStatusUnknown')).unreadySince(at(500)), want: 'NodeLost' },
  { name: 'gone with a segmentation fault after a silence', pod: crashed(ended(139)).unreadySince(at(500)), want: 'RuntimeCrashed' },
  { name: 'drained after a silence: who drains does not hang', pod: crashed(ended(0, 'Completed')).unreadySince(at(500)), want: 'Stopped' },
  { name: 'drained', pod: crashed(ended(0, 'Completed')).unreadySince(at(998)), want: 'Stopped' },
  { name: 'drained, and told again', pod: crashed(ended(143)).unreadySince(at(998)), want: 'Stopped' },
  {
    name: 'ended with a reason of its own after a silence',
    pod: crashed(endedWith('MODEL_INVALID', 'x')).unreadySince(at(500)),
    want: 'ModelInvalid',
  },
])('$name: $want', ({ pod, want }) => expect(classifyPod(pod.view(), Date.parse(at(1100))).reason).toBe(want));

describe('who is not the runtime', () => {
  test('was not told to stop by a probe: it has none', () => {
    const pod = makePod()
      .on('n1')
      .init(waiting('CrashLoopBackOff'), { restartCount: 1, lastState: ended(143) });
    expect(classifyPod(pod.unreadySince(at(500)).view(), Date.parse(at(1100))).reason).toBe('RuntimeCrashed');
  });
});
