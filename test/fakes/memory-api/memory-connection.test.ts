import { beforeEach, describe, expect, test } from '@jest/globals';
import type { KubeClient } from '../../../lib/kube/kube-client.js';
import type { Exchange, Fault } from './exchange.js';
import { key, MODELS, makeModel, outcomeOf, PODS, TestRig } from './test-rig.js';

let rig: TestRig;
let client: KubeClient;
beforeEach(() => {
  rig = new TestRig();
  client = rig.client();
});

const onWrites =
  (fault: Fault) =>
  ({ writeIndex }: Exchange): Fault =>
    writeIndex === undefined ? { kind: 'Pass' } : fault;

/** What the caller of a create sees within half a minute and more, and whether the object is there. */
async function createUnder(fault: Fault): Promise<{ readonly outcome: string; readonly isMade: boolean; readonly tookMs: number }> {
  rig.api.faults = onWrites(fault);
  const start = rig.clock.now();
  let tookMs = Number.NaN;
  const outcome = outcomeOf(client.create(MODELS, makeModel('a'))).then((each) => {
    tookMs = rig.clock.now() - start;
    return each;
  });
  await rig.clock.advance(60_000);
  return { outcome: await outcome, isMade: rig.api.get(MODELS, key('a')) !== undefined, tookMs };
}

describe('faults of an exchange', () => {
  test.each<{ fault: Fault; want: { outcome: string; isMade: boolean; tookMs: number } }>([
    { fault: { kind: 'Pass' }, want: { outcome: 'Served', isMade: true, tookMs: 0 } },
    {
      fault: { kind: 'Answer', status: 503, reason: 'ServiceUnavailable', message: 'no' },
      want: { outcome: 'ServiceUnavailable', isMade: false, tookMs: 0 },
    },
    { fault: { kind: 'LostReply' }, want: { outcome: 'Unreachable', isMade: true, tookMs: 0 } },
    { fault: { kind: 'LostReplyHang' }, want: { outcome: 'Timeout', isMade: true, tookMs: 30_000 } },
    { fault: { kind: 'Hang' }, want: { outcome: 'Timeout', isMade: false, tookMs: 30_000 } },
    { fault: { kind: 'Reset' }, want: { outcome: 'Unreachable', isMade: false, tookMs: 0 } },
    { fault: { kind: 'Truncate' }, want: { outcome: 'Unreachable', isMade: true, tookMs: 0 } },
    { fault: { kind: 'TruncateSilently' }, want: { outcome: 'BadAnswer', isMade: true, tookMs: 0 } },
    { fault: { kind: 'Delay', ms: 5000 }, want: { outcome: 'Served', isMade: true, tookMs: 5000 } },
    { fault: { kind: 'Delay', ms: 40_000 }, want: { outcome: 'Timeout', isMade: false, tookMs: 30_000 } },
    { fault: { kind: 'ArriveLate', ms: 5000 }, want: { outcome: 'Served', isMade: true, tookMs: 5000 } },
    { fault: { kind: 'ArriveLate', ms: 40_000 }, want: { outcome: 'Timeout', isMade: true, tookMs: 30_000 } },
  ])('$fault.kind', async ({ fault, want }) => {
    expect(await createUnder(fault)).toEqual(want);
  });

  test('an answer that says when to come back is heeded', async () => {
    const busy: Fault = { kind: 'Answer', status: 429, reason: 'TooManyRequests', message: 'busy', retryAfterSeconds: 3 };
    rig.api.faults = ({ writeIndex }) => (writeIndex === 0 ? busy : { kind: 'Pass' });
    const call = outcomeOf(client.create(MODELS, makeModel('a')));
    await rig.clock.advance(2999);
    expect(rig.api.get(MODELS, key('a'))).toBeUndefined();
    await rig.clock.advance(1);
    expect([await call, rig.api.objects(MODELS).length]).toEqual(['Served', 1]);
  });
});

describe('an exchange', () => {
  test('says who asks for what, as the how manieth call and write', async () => {
    const seen: unknown[] = [];
    rig.api.faults = ({ client: who, index, writeIndex, method, resource, key: about, isWatch, subresource, body }) => {
      seen.push({ who, index, writeIndex, method, kind: resource?.kind, about, isWatch, subresource, body });
      return { kind: 'Pass' };
    };
    const [two, body] = [rig.client('two'), makeModel('a')];
    await client.create(MODELS, body);
    await client.get(MODELS, key('a'));
    await two.mergePatch(MODELS, { ...key('a'), subresource: 'status' }, { status: {} });
    await client.delete(MODELS, key('a'));
    const about = { kind: 'ModelDeployment', about: key('a'), isWatch: false, subresource: undefined };
    expect(seen).toEqual([
      { ...about, who: 'one', index: 0, writeIndex: 0, method: 'POST', body },
      { ...about, who: 'one', index: 1, writeIndex: undefined, method: 'GET', body: undefined },
      { ...about, who: 'two', index: 0, writeIndex: 0, method: 'PATCH', subresource: 'status', body: { status: {} } },
      { ...about, who: 'one', index: 2, writeIndex: 1, method: 'DELETE', body: { propagationPolicy: 'Background' } },
    ]);
  });

  test('is logged with what became of it', async () => {
    await outcomeOf(client.get(MODELS, key('a')));
    rig.api.faults = () => ({ kind: 'LostReply' });
    await rig.clock.advance(1000);
    await outcomeOf(client.create(MODELS, makeModel('a')));
    const start = Date.parse('2026-01-01T00:00:00Z');
    expect(rig.api.log.map(({ atMs, method, fault, status }) => ({ atMs: atMs - start, method, fault, status }))).toEqual([
      { atMs: 0, method: 'GET', fault: 'Pass', status: 404 },
      { atMs: 1000, method: 'POST', fault: 'LostReply', status: 201 },
    ]);
  });

  test('that is given up ends at once', async () => {
    rig.api.faults = () => ({ kind: 'Hang' });
    const stop = new AbortController();
    const call = outcomeOf(client.get(MODELS, key('a'), { signal: stop.signal }));
    await rig.clock.settle();
    stop.abort();
    expect(await call).toBe('Aborted');
  });

  test('of a client that spins fails the test that would hang', async () => {
    rig = new TestRig({ mostAtOnce: 100 });
    const lost = rig.client();
    const spin = async () => {
      while ((await outcomeOf(lost.get(PODS, key('p')))) === 'NotFound');
    };
    spin();
    await expect(rig.clock.advance(1000)).rejects.toThrow('Client "one" sent 101 calls and no time passed');
  });
});

describe('credentials', () => {
  test('a token that was rotated is read again, and no call fails', async () => {
    await client.create(MODELS, makeModel('a'));
    rig.api.rotateToken();
    await client.get(MODELS, key('a'));
    expect(rig.api.log.map(({ status }) => status)).toEqual([201, 401, 200]);
  });
});

describe('a new authority', () => {
  test('breaks what is open, and is trusted once it has been read', async () => {
    rig.api.create(MODELS, makeModel('a'));
    const reflector = await rig.reflector();
    rig.api.rotateCa();
    rig.api.create(MODELS, makeModel('b'));
    await rig.clock.advance(30_000);
    expect([reflector.store.size, rig.api.watches().length]).toEqual([1, 0]);
    await rig.clock.advance(60_000);
    expect([reflector.store.size, rig.api.watches().length]).toEqual([2, 1]);
    await rig.close();
  });
});

describe('an outage', () => {
  test('breaks what is open, lets nobody in, and ends', async () => {
    rig.api.create(MODELS, makeModel('a'));
    const reflector = await rig.reflector();
    rig.api.faults = ({ method }) => (method === 'POST' ? { kind: 'Hang' } : { kind: 'Pass' });
    const open = outcomeOf(client.create(MODELS, makeModel('b')));
    await rig.clock.settle();
    rig.api.outageUntil(rig.clock.now() + 60_000);
    expect([await open, await outcomeOf(client.get(MODELS, key('a')))]).toEqual(['Unreachable', 'Unreachable']);
    rig.api.create(MODELS, makeModel('c'));
    await rig.clock.advance(59_000);
    expect([reflector.store.size, rig.api.watches().length]).toEqual([1, 0]);
    await rig.clock.advance(60_000);
    expect([reflector.store.size, rig.api.watches().length]).toEqual([2, 1]);
    await rig.close();
  });
});
