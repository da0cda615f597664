import { Buffer } from 'node:buffer';
import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ErrorCode } from './protocol.js';
import { ServerStream, type StreamListener, type StreamSession } from './server-stream.js';

/** Closes streams as a session does. */
class FakeSession implements StreamSession {
  readonly remoteAddress = '';
  credited = 0;
  respond(): void {}
  send(): void {}
  finish(): void {}

  reset(stream: ServerStream): void {
    if (stream.isClosed) return;
    stream.isClosed = true;
    this.credited += stream.dropHeld();
  }

  takeHeld(_stream: ServerStream, bytes: number): void {
    this.credited += bytes;
  }
}

class Listener implements StreamListener {
  readonly events: string[] = [];
  /** What to do at each part of the body. */
  act: (text: string) => void = () => undefined;

  get body(): string {
    return this.events.filter((event) => event !== 'end').join('');
  }

  onData(bytes: Buffer): void {
    this.events.push(bytes.toString('latin1'));
    this.act(bytes.toString('latin1'));
  }

  onEnd(): void {
    this.events.push('end');
  }

  onSent(): void {}
  onClose(): void {}
}

let session: FakeSession;
let stream: ServerStream;
let listener: Listener;

beforeEach(() => {
  session = new FakeSession();
  listener = new Listener();
  stream = new ServerStream(session, 1, 100, 100);
  stream.listener = listener;
});

const deliver = (text: string): boolean => stream.deliver(Buffer.from(text, 'latin1'));

test('what arrives is handed on at once, and its end', () => {
  expect(deliver('a')).toBe(true);
  stream.deliverEnd();
  expect([listener.events, session.credited, stream.isRemoteDone]).toEqual([['a', 'end'], 0, true]);
});

describe('paused', () => {
  test('what arrives is kept in order and credited when it is taken, and the end waits behind it', () => {
    stream.pause();
    expect([deliver('ab'), deliver('c'), stream.isPaused]).toEqual([false, false, true]);
    stream.deliverEnd();
    expect([listener.events, session.credited]).toEqual([[], 0]);
    stream.resume();
    stream.resume();
    expect([listener.body, listener.events.at(-1), listener.events.filter((event) => event === 'end').length]).toEqual(['abc', 'end', 1]);
    expect([session.credited, stream.isPaused]).toEqual([3, false]);
  });

  test('with nothing kept the end is told at once', () => {
    stream.pause();
    stream.deliverEnd();
    expect(listener.events).toEqual(['end']);
  });

  test('what it kept is not what the reads lay in', () => {
    const read = Buffer.from('one');
    stream.pause();
    stream.deliver(read);
    read.write('two');
    stream.resume();
    expect(listener.body).toBe('one');
  });

  test('a million tiny frames take about as much memory as their bytes', () => {
    stream.pause();
    for (let sent = 0; sent < 1_000_000; sent++) stream.deliver(Buffer.of(7));
    stream.resume();
    expect(listener.events.length).toBeLessThan(200);
    expect(session.credited).toBe(1_000_000);
  });

  test('closed, it forgets what it kept and says how much that was', () => {
    stream.pause();
    deliver('abc');
    stream.deliverEnd();
    expect([stream.dropHeld(), stream.dropHeld()]).toEqual([3, 0]);
    stream.isClosed = true;
    stream.resume();
    expect(listener.events).toEqual([]);
  });
});

/** Larger than what parts are put together to. */
const LARGE = 40_000;

describe('a listener that', () => {
  const keep = (...sizes: readonly number[]): number => {
    stream.pause();
    for (const [index, size] of sizes.entries()) deliver(String(index).repeat(size));
    stream.deliverEnd();
    return sizes.reduce((sum, size) => sum + size, 0);
  };

  test('pauses again within a part gets the next when it resumes', () => {
    const kept = keep(LARGE, LARGE);
    listener.act = () => stream.pause();
    let resumes = 0;
    for (; !listener.events.includes('end') && resumes < 20; resumes++) stream.resume();
    expect(resumes).toBeGreaterThan(2);
    expect([session.credited, listener.body]).toEqual([kept, '0'.repeat(LARGE) + '1'.repeat(LARGE)]);
  });

  test('pauses and resumes within a part gets all in order, and the end last', () => {
    const kept = keep(LARGE, LARGE, LARGE);
    listener.act = () => {
      stream.pause();
      stream.resume();
    };
    stream.resume();
    expect(listener.events.filter((event) => event === 'end')).toHaveLength(1);
    expect(listener.events.at(-1)).toBe('end');
    expect([session.credited, listener.body]).toEqual([kept, '0'.repeat(LARGE) + '1'.repeat(LARGE) + '2'.repeat(LARGE)]);
  });

  test.each([false, true])('closes within a part, paused: %p, gets no more and leaves no credit behind', (pauses) => {
    const kept = keep(LARGE, LARGE, LARGE);
    listener.act = () => {
      if (pauses) stream.pause();
      stream.reset(ErrorCode.CANCEL);
    };
    stream.resume();
    expect(listener.events).toHaveLength(1);
    expect(session.credited).toBe(kept);
  });
});

test('in any order of parts, pauses and resumes: all bytes once, the end last, each byte credited once', () => {
  const step = fc.oneof(fc.constant('pause' as const), fc.constant('resume' as const), fc.integer({ min: 1, max: 20_000 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.array(fc.constantFrom('pause', 'resume', 'both', 'none'), { maxLength: 60 }), (steps, acts) => {
      session = new FakeSession();
      listener = new Listener();
      stream = new ServerStream(session, 1, 0, 0);
      stream.listener = listener;
      let [taken, sent, index] = [0, 0, 0];
      listener.act = () => {
        const act = acts[index++];
        if (act === 'pause' || act === 'both') stream.pause();
        if (act === 'resume' || act === 'both') stream.resume();
      };
      for (const step of steps) {
        if (step === 'pause') stream.pause();
        else if (step === 'resume') stream.resume();
        else {
          sent += step;
          if (deliver(String.fromCharCode(sent % 256).repeat(step))) taken += step;
        }
      }
      stream.deliverEnd();
      for (let turn = 0; turn < 100; turn++) stream.resume();
      expect([listener.body.length, session.credited + taken]).toEqual([sent, sent]);
      expect(listener.events.indexOf('end')).toBe(listener.events.length - 1);
    }),
    { seed: 51, numRuns: 200 },
  );
});
