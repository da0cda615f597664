import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { RunBatch } from '../dataplane/ports.js';
import { RemoteSession } from './remote-session.js';
import type { SessionChannel } from './session-channel.js';
import type { HostMessage, HostReply } from './worker-protocol.js';

class FakeChannel implements SessionChannel {
  readonly sharesMemory = true;
  onReply: (reply: HostReply) => void = () => undefined;
  onEnd: (why: string) => void = () => undefined;
  readonly sent: HostMessage[] = [];
  isAbandoned = false;

  send(message: HostMessage): void {
    this.sent.push(message);
    if (message.kind === 'close') this.onEnd('it was told to');
  }

  abandon(): void {
    this.isAbandoned = true;
  }

  /** Ends run `id`, which took `seconds`. */
  answer(id: number, seconds = 0): void {
    this.onReply({ kind: 'ran', id, outputs: [], startedSeconds: 0, endedSeconds: seconds });
  }

  kinds(): string[] {
    return this.sent.map((message) => message.kind);
  }
}

function batch(bytes: number): RunBatch {
  return { parts: [{ inputs: [{ name: 'x', datatype: 'UINT8', shape: [bytes], data: new Uint8Array(bytes) }], rows: 1 }], outputs: [] };
}

let channel = new FakeChannel();
const lost: string[] = [];
function make(hangSeconds = 60, burstPeriodMs = 1000): RemoteSession {
  const signature = { inputs: [], outputs: [] };
  const onLost = (error: Error, isHung: boolean): number => lost.push(`${isHung ? 'hung' : 'dead'}: ${error.message}`);
  return new RemoteSession(channel, { signature, provider: 'cpu', hangSeconds, onLost, burstPeriodMs });
}

beforeEach(() => {
  channel = new FakeChannel();
  lost.length = 0;
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
});
afterEach(() => {
  jest.useRealTimers();
});

describe('slabs', () => {
  test('two of them, told once each, grown in powers of two', async () => {
    const session = make();
    const runs = [session.run(batch(10)), session.run(batch(10))];
    channel.answer(0);
    const third = session.run(batch(200_000));
    channel.answer(1);
    channel.answer(2);
    await Promise.all([...runs, third]);
    expect(channel.kinds()).toEqual(['slab', 'run', 'slab', 'run', 'slab', 'run']);
    expect(channel.sent.flatMap((message) => (message.kind === 'slab' ? [[message.slab, message.memory.byteLength]] : []))).toEqual([
      [0, 65536],
      [1, 65536],
      [0, 262144],
    ]);
  });

  test('a slab is not written while its batch runs', async () => {
    const session = make();
    const first = session.run(batch(1));
    const second = session.run(batch(1));
    await expect(session.run(batch(1))).rejects.toThrow(/takes 2 batches/);
    expect(channel.sent.flatMap((message) => (message.kind === 'run' ? [message.memory] : []))).toEqual([0, 1]);
    channel.answer(0);
    channel.answer(1);
    await Promise.all([first, second]);
  });

  test('after a burst its memory is given back, and small batches go on', async () => {
    const session = make();
    const run = async (id: number, bytes: number): Promise<void> => {
      const outcome = session.run(batch(bytes));
      channel.answer(id);
      await outcome;
    };
    await run(0, 64 * 2 ** 20);
    jest.advanceTimersByTime(1000); // the period of the burst itself
    await run(1, 1000);
    expect(channel.kinds()).not.toContain('trim');
    jest.advanceTimersByTime(1000);
    expect(channel.kinds().at(-1)).toBe('trim');
    await run(2, 1000);
    expect(channel.sent.at(-2)).toMatchObject({ kind: 'slab', memory: { byteLength: 65536 } });
    jest.advanceTimersByTime(60_000);
    expect(channel.kinds().filter((kind) => kind === 'trim')).toHaveLength(1);
  });

  test('memory of large batches is given back once nothing runs for a second, and never during a run', async () => {
    const session = make(60, 15_000);
    const trims = (): number => channel.kinds().filter((kind) => kind === 'trim').length;
    const long = session.run(batch(8 * 2 ** 20));
    jest.advanceTimersByTime(10_000);
    expect(trims()).toBe(0);
    channel.answer(0);
    await long;
    jest.advanceTimersByTime(1000);
    expect(trims()).toBe(0);
    jest.advanceTimersByTime(500);
    expect(trims()).toBe(1);
    jest.advanceTimersByTime(60_000);
    expect(trims()).toBe(1);
    const small = session.run(batch(1000));
    channel.answer(1);
    await small;
    jest.advanceTimersByTime(60_000);
    expect(trims()).toBe(1);
  });

  test('a batch beyond the bound is refused and takes no place', async () => {
    const session = make();
    const data = new Uint8Array(8);
    const huge: RunBatch = {
      parts: [{ inputs: [{ name: 'x', datatype: 'UINT8', shape: [8], data }], rows: 1 }],
      layout: { axes: [0], shapes: [[2 ** 31]] },
      outputs: [],
    };
    await expect(session.run(huge)).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
    await expect(session.run(huge)).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
    await expect(session.run(huge)).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
    expect(channel.sent).toEqual([]);
  });
});

describe('losses', () => {
  test('the thread ends: its requests and later ones are told, once', async () => {
    const session = make();
    const runs = [session.run(batch(1)), session.run(batch(1))];
    channel.onEnd('the inference thread ended with code 1: boom');
    for (const run of [...runs, session.run(batch(1))]) {
      await expect(run).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringMatching(/boom/) });
    }
    expect(lost).toEqual(['dead: The session that ran the request is lost: the inference thread ended with code 1: boom']);
    await session.close();
  });

  test('it ends while it closes: the requests are told, nobody is alarmed', async () => {
    const session = make();
    const run = session.run(batch(1));
    const closed = session.close();
    channel.onEnd('gone');
    await expect(run).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await closed;
    expect(lost).toEqual([]);
  });

  test('no progress: given up, and told to end when it comes back', async () => {
    jest.useRealTimers();
    const session = make(0.05);
    await expect(session.run(batch(1))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(channel.isAbandoned).toBe(true);
    expect(lost).toHaveLength(1);
    channel.answer(0);
    expect(channel.kinds().at(-1)).toBe('close');
    await session.close();
  });

  test('close waits for what runs, and may be called twice', async () => {
    const session = make();
    const run = session.run(batch(1));
    const order: string[] = [];
    const closes = [session.close(), session.close()].map((closed) => closed.then(() => order.push('closed')));
    await expect(session.run(batch(1))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(channel.kinds()).not.toContain('close');
    channel.answer(0);
    await run.then(() => order.push('ran'));
    await Promise.all(closes);
    expect(order).toEqual(['ran', 'closed', 'closed']);
    expect(channel.kinds().filter((kind) => kind === 'close')).toHaveLength(1);
    expect(lost).toEqual([]);
  });
});
