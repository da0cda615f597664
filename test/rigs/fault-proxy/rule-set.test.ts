import { describe, expect, test } from '@jest/globals';
import { describeCall } from './describe-call.js';
import { CONFLICT } from './fault.js';
import { type Rule, RuleSet } from './rule-set.js';

const write = (who = 'a') => describeCall(who, 'PATCH', '/apis/apps/v1/namespaces/shop/deployments/reader');
const lease = describeCall('a', 'PATCH', '/apis/coordination.k8s.io/v1/namespaces/shop/leases/x');
const list = describeCall('a', 'GET', '/api/v1/pods');

/** Which of the calls are harmed. */
function harmed(rule: Omit<Rule, 'fault'>, calls: readonly ReturnType<typeof write>[]): boolean[] {
  const rules = new RuleSet();
  rules.add({ ...rule, fault: CONFLICT });
  return calls.map((call) => rules.take(call) !== undefined);
}

describe('RuleSet', () => {
  test.each<[string, Omit<Rule, 'fault'>, readonly ReturnType<typeof write>[], boolean[]]>([
    ['all that fit', { match: { isWrite: true } }, [write(), list, write()], [true, false, true]],
    ['the second alone', { match: { isWrite: true }, from: 2, times: 1 }, [write(), list, write(), write()], [false, false, true, false]],
    ['two from the second', { match: {}, from: 2, times: 2 }, [write(), write(), write(), write()], [false, true, true, false]],
    ['all but a trickle', { match: {}, spareEvery: 3 }, [write(), write(), write(), write()], [true, true, false, true]],
    ['by client', { match: { who: 'b' } }, [write('a'), write('b')], [false, true]],
    ['by resource', { match: { resources: ['deployments'] } }, [write(), lease], [true, false]],
    ['but for a resource', { match: { isWrite: true, notResources: ['leases'] } }, [write(), lease], [true, false]],
    ['by verb', { match: { verbs: ['list', 'watch'] } }, [write(), list], [false, true]],
    ['by path', { match: { path: /\/pods$/ } }, [write(), list], [false, true]],
    ['by a function', { match: { where: ({ namespace }) => namespace === 'shop' } }, [write(), list], [true, false]],
  ])('harms %s', (_, rule, calls, want) => {
    expect(harmed(rule, calls)).toEqual(want);
  });

  test('harms for a time from the first hit on, and tells of each', async () => {
    const rules = new RuleSet();
    let told = 0;
    const onHit = () => void told++;
    rules.add({ match: { isWrite: true }, from: 2, forMs: 30, fault: CONFLICT, onHit });
    expect([1, 2, 3].map(() => rules.take(write()) !== undefined)).toEqual([false, true, true]);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect([rules.take(write()), told]).toEqual([undefined, 2]);
  });

  test('every rule counts every call that fits; the first that wants it has it', () => {
    const rules = new RuleSet();
    const first = rules.add({ match: { isWrite: true }, from: 2, times: 1, fault: CONFLICT });
    const second = rules.add({ match: { isWrite: true }, from: 2, times: 2, fault: { kind: 'Reset' } });
    expect([1, 2, 3, 4].map(() => rules.take(write())?.kind)).toEqual([undefined, 'Answer', 'Reset', undefined]);
    expect([first.seen, first.hits, second.seen, second.hits]).toEqual([4, 1, 4, 1]);
    first.remove();
    second.remove();
    expect(rules.take(write())).toBeUndefined();
  });
});
