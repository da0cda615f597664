import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FakeClock, settle } from '../../test/fakes/fake-clock.js';
import { FakeLeaderLock, type LeaderLockView } from '../../test/fakes/fake-leader-lock.js';
import { LeaderElection } from './leader-election.js';

interface Candidate {
  readonly election: LeaderElection;
  readonly view: LeaderLockView;
  /** Each process has its own: stopping one is not advancing its clock. */
  readonly clock: FakeClock;
  readonly stop: AbortController;
  outcome: string;
}

let lock: FakeLeaderLock;
let candidates: Candidate[];
beforeEach(() => {
  lock = new FakeLeaderLock();
  candidates = [];
});
afterEach(async () => {
  for (const { stop } of candidates) stop.abort();
  await settle();
});

function start(identity: string): Candidate {
  const [view, clock, stop] = [lock.newView(), new FakeClock(), new AbortController()];
  const election = new LeaderElection({ lock: view, identity, clock, wallClock: clock, random: () => 0 });
  const candidate: Candidate = { election, view, clock, stop, outcome: 'Waits' };
  const run = async (): Promise<void> => {
    if (!(await election.acquire(stop.signal))) return;
    candidate.outcome = 'Leads';
    candidate.outcome = await election.keep(stop.signal);
  };
  run();
  candidates.push(candidate);
  return candidate;
}

/** All clocks move together, a second at a time. */
async function pass(seconds: number, who: readonly Candidate[] = candidates): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    for (const { clock } of who) await clock.advance(1000);
    expect(who.filter(({ election }) => election.isLeading()).length).toBeLessThanOrEqual(1);
  }
}

describe('LeaderElection', () => {
  test('the first leads, keeps leading, and the second waits', async () => {
    const a = start('a');
    await settle();
    const b = start('b');
    await pass(60);
    expect([a.outcome, b.outcome, lock.record?.holder, lock.record?.transitions]).toEqual(['Leads', 'Waits', 'a', 0]);
    expect(a.election.isLeading()).toBe(true);
    expect(lock.record).toMatchObject({ leaseSeconds: 15, acquiredAtMs: Date.parse('2026-01-01T00:00:00Z') });
    expect(lock.record?.renewedAtMs).toBeGreaterThan(Date.parse('2026-01-01T00:00:55Z'));
  });

  test.each(['Errors', 'Hangs'] as const)('a leader whose calls end in "%s" stops before the other begins', async (network) => {
    const a = start('a');
    await settle();
    const b = start('b');
    await pass(5);
    a.view.network = network;
    await pass(8);
    expect([a.outcome, b.outcome]).toEqual(['Leads', 'Waits']);
    await pass(3);
    expect([a.outcome, b.outcome]).toEqual(['Lost', 'Waits']);
    await pass(12);
    expect([b.outcome, lock.record?.holder, lock.record?.transitions]).toEqual(['Leads', 'b', 1]);
    await a.election.release(AbortSignal.timeout(100));
    expect(lock.record?.holder).toBe('b');
  });

  test('a short outage costs nothing', async () => {
    const a = start('a');
    await settle();
    await pass(4);
    a.view.network = 'Errors';
    await pass(6);
    a.view.network = 'Works';
    await pass(10);
    expect(a.outcome).toBe('Leads');
  });

  test('a renewal is one write; a record that somebody wrote or deleted is read first', async () => {
    const a = start('a');
    await settle();
    await pass(10);
    expect(a.view.reads).toBe(1); // to begin with
    lock.put({ holder: 'a', leaseSeconds: 15, acquiredAtMs: 0, renewedAtMs: 0, transitions: 7 });
    await pass(4);
    expect([a.view.reads, a.outcome, lock.record?.transitions]).toEqual([2, 'Leads', 7]);
    lock.remove();
    await pass(4);
    expect([a.view.reads, a.outcome, lock.record?.holder]).toEqual([3, 'Leads', 'a']);
    lock.put({ holder: 'b', leaseSeconds: 15, acquiredAtMs: 0, renewedAtMs: 0, transitions: 8 });
    await pass(12);
    expect([a.outcome, lock.record?.holder]).toEqual(['Lost', 'b']);
  });

  test('one call that hangs is given up in time for the next', async () => {
    const a = start('a');
    await settle();
    await pass(4);
    a.view.network = 'Hangs';
    await pass(4);
    a.view.network = 'Works'; // for new calls
    await pass(10);
    expect(a.outcome).toBe('Leads');
  });

  test('a leader that was stopped for 20 s knows at once that it leads no more', async () => {
    const a = start('a');
    await settle();
    const b = start('b');
    await pass(4);
    await pass(20, [b]); // a is stopped: its process does nothing while time goes on for others
    expect(b.outcome).toBe('Leads');
    a.clock.jump(20_000);
    expect(a.election.isLeading()).toBe(false);
    await pass(3);
    expect([a.outcome, b.outcome]).toEqual(['Lost', 'Leads']);
  });

  test('released on shutdown, the next leads within one retry', async () => {
    const a = start('a');
    await settle();
    const b = start('b');
    await pass(5);
    a.stop.abort();
    await settle();
    expect(a.outcome).toBe('Stopped');
    await a.election.release(AbortSignal.timeout(100));
    expect(lock.record?.holder).toBe('');
    expect(a.election.isLeading()).toBe(false);
    await pass(2, [b]);
    expect(b.outcome).toBe('Leads');
  });

  test('a record left by a dead holder is waited for as long as it lasts, whatever its times say', async () => {
    const yesterday = Date.parse('2025-12-31T00:00:00Z');
    lock.put({ holder: 'dead', leaseSeconds: 15, acquiredAtMs: yesterday, renewedAtMs: yesterday, transitions: 4 });
    const a = start('a');
    await pass(13);
    expect(a.outcome).toBe('Waits');
    await pass(4);
    expect([a.outcome, lock.record?.transitions]).toEqual(['Leads', 5]);
  });

  test('two that ask at the same moment: one leads', async () => {
    start('a');
    start('b');
    await pass(10);
    expect(candidates.map(({ outcome }) => outcome).sort()).toEqual(['Leads', 'Waits']);
  });

  test('a candidate that is stopped ends', async () => {
    start('a');
    await settle();
    const b = start('b');
    await settle();
    b.stop.abort();
    expect(await b.election.acquire(b.stop.signal)).toBe(false);
  });

  test('timings that would let two lead are refused', () => {
    const timing = { leaseMs: 10_000, renewDeadlineMs: 10_000, retryMs: 2000 };
    expect(() => new LeaderElection({ lock: lock.newView(), identity: 'a', timing })).toThrow('leaseMs 10000 must exceed renewDeadlineMs 10000');
  });
});
