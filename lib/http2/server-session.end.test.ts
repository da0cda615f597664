/** How connections end, whoever ends them and from wherever: every stream closes once, what was given to the client arrives, nothing is left. */
import { Buffer } from 'node:buffer';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { encodeHeaders, FLAG, FRAME, frame } from '../../test/fuzz/http2-frames.js';
import { ErrorCode, MAX_STREAM_ID } from './protocol.js';
import type { ServerStream, StreamListener } from './server-stream.js';
import { contentOf, OracleClient, type OracleStream } from './test-oracle-client.js';
import { openSession, type TestSession } from './test-session.js';

const LARGE_WINDOW = 2 ** 30;

class Listener implements StreamListener {
  readonly events: string[] = [];
  act: Partial<Record<'data' | 'end' | 'sent' | 'close', () => void>> = {};

  get closes(): number {
    return this.events.filter((event) => event === 'close').length;
  }

  onData(): void {
    this.#tell('data');
  }

  onEnd(): void {
    this.#tell('end');
  }

  onSent(): void {
    this.#tell('sent');
  }

  onClose(): void {
    this.#tell('close');
  }

  #tell(event: 'data' | 'end' | 'sent' | 'close'): void {
    if (this.closes > 0) this.events.push('late');
    this.events.push(event);
    this.act[event]?.();
  }
}

let opened: TestSession;
let client: OracleClient;
let listeners: Listener[];
const act: { onStream: (stream: ServerStream, listener: Listener) => void } = { onStream: () => undefined };

async function start(allowHalfOpen = false): Promise<void> {
  opened = await openSession({}, allowHalfOpen);
  client = new OracleClient(opened.client);
  listeners = [];
  opened.owner.act.onStream = (stream) => {
    const listener = new Listener();
    listeners.push(listener);
    stream.listener = listener;
    act.onStream(stream, listener);
  };
}

beforeEach(() => {
  act.onStream = () => undefined;
  return start();
});
afterEach(() => opened.close());

async function exchange(): Promise<void> {
  client.ping(Buffer.from('exchange'));
  client.flush();
  await client.until(() => client.isSettled);
}

async function expectGone(): Promise<void> {
  await opened.owner.closed;
  await new Promise(setImmediate);
  const { owner, pool, session } = opened;
  expect({ closes: owner.closes, backlog: owner.backlog, held: owner.held, missing: pool.taken - pool.given }).toEqual({
    closes: 1,
    backlog: 0,
    held: 0,
    missing: 0,
  });
  expect(listeners.map(({ closes }) => closes)).toEqual(listeners.map(() => 1));
  expect(listeners.flatMap(({ events }) => events).filter((event) => event === 'late')).toEqual([]);
  expect([session.isDestroyed, client.problems]).toEqual([true, []]);
  session.close();
  session.destroy();
  session.fail(ErrorCode.NO_ERROR, '');
  session.announceEnd();
  expect([session.ping(() => undefined), owner.closes]).toEqual([false, 1]);
}

const answer = (stream: ServerStream, bytes = 5): void => {
  stream.respond([[':status', '200']]);
  stream.send(contentOf(stream.id, 0, bytes));
  stream.finish([['x-end', '1']]);
};

/** A client that reads nothing, and an answer of which the kernel takes a part; resolves when it was given, all of it. */
async function answerDeafClient(): Promise<{ readonly stream: OracleStream; readonly bytes: number }> {
  client.settings({ windowBytes: LARGE_WINDOW });
  client.grant(undefined, LARGE_WINDOW);
  await exchange();
  opened.client.pause();
  let bytes = 0;
  act.onStream = (stream) => {
    stream.respond([[':status', '200']]);
    for (; opened.session.backlogBytes === 0; bytes += 16_000) stream.send(contentOf(stream.id, bytes, 16_000));
    stream.finish([['x-end', '1']]);
  };
  const stream = client.open('/', true);
  client.flush();
  while (opened.owner.streams.length === 0) await new Promise(setImmediate);
  expect([opened.owner.streams[0]?.isClosed, opened.session.backlogBytes > 0]).toEqual([true, true]);
  return { stream, bytes };
}

describe('close', () => {
  test('without a stream ends at once', async () => {
    await exchange();
    opened.session.close();
    opened.session.close();
    await expectGone();
    expect(client.goAways).toEqual([{ lastId: 0, code: ErrorCode.NO_ERROR, text: '' }]);
  });

  test('with one takes no other, and ends when it was answered', async () => {
    const first = client.open('/', true);
    await exchange();
    opened.session.announceEnd();
    opened.session.close();
    opened.session.announceEnd();
    const late = client.open('/', false);
    client.data(late, 10, true);
    await exchange();
    expect([listeners.length, opened.session.isDestroyed]).toEqual([1, false]);
    for (const stream of opened.owner.streams) answer(stream);
    await expectGone();
    expect([first.receivedBytes, first.isReceiveDone, late.blocks.length]).toEqual([5, true, 0]);
    expect(client.goAways.map(({ lastId }) => lastId)).toEqual([MAX_STREAM_ID, 1]);
  });

  test('by the client ends when its streams were answered', async () => {
    const stream = client.open('/', true);
    client.raw(frame(FRAME.goaway, 0, 0, Buffer.alloc(8)));
    await exchange();
    for (const stream of opened.owner.streams) answer(stream);
    await expectGone();
    expect(stream.isReceiveDone).toBe(true);
  });

  test('then a fault: the second GOAWAY names no later stream than the first', async () => {
    client.open('/', true);
    await exchange();
    opened.session.close();
    client.open('/', true);
    await exchange();
    client.raw(frame(FRAME.ping, 0, 1, Buffer.alloc(8)));
    await expectGone();
    expect(client.goAways.map(({ lastId, code }) => [lastId, code])).toEqual([
      [1, ErrorCode.NO_ERROR],
      [1, ErrorCode.PROTOCOL_ERROR],
    ]);
  });

  test('waits for a client that takes the last answer slowly', async () => {
    const { stream, bytes } = await answerDeafClient();
    opened.session.close();
    await new Promise((resolve) => setTimeout(resolve, 800));
    client.socket.resume();
    await expectGone();
    expect([stream.receivedBytes, stream.isReceiveDone]).toEqual([bytes, true]);
  });
});

describe('a client that', () => {
  test('leaves in the middle of everything closes all streams', async () => {
    act.onStream = (stream) => stream.pause();
    client.data(client.open('/', false), 1000, false);
    client.open('/', true);
    client.raw(frame(FRAME.headers, 0, 5, encodeHeaders([[':method', 'GET']])));
    await new Promise(setImmediate);
    opened.client.destroy();
    await expectGone();
  });

  test('resets the connection with answers in flight closes all streams', async () => {
    await answerDeafClient();
    opened.client.resetAndDestroy();
    await expectGone();
  });

  test('ends its side and reads nothing is not waited for', async () => {
    await opened.close();
    await start(true);
    await answerDeafClient();
    opened.client.end();
    const began = performance.now();
    await expectGone();
    expect(performance.now() - began).toBeLessThan(3000);
  });

  test('is told why, and reads nothing, is not waited for', async () => {
    await opened.close();
    await start(true);
    await exchange();
    client.raw(frame(FRAME.data, 0, 0));
    await expectGone();
    expect(client.goAways.map(({ code }) => code)).toEqual([ErrorCode.PROTOCOL_ERROR]);
  });
});

describe('a listener that', () => {
  const all = (does: (stream: ServerStream) => void) => (): void => {
    for (const stream of opened.owner.streams) does(stream);
  };
  const RESET = all((stream) => stream.reset(ErrorCode.CANCEL));
  const ANSWER = all((stream) => answer(stream, 0));
  const DESTROY = (): void => opened.session.destroy();
  const FAIL = (): void => opened.session.fail(ErrorCode.INTERNAL_ERROR, 'enough');
  const CLOSE = (): void => opened.session.close();

  test.each<[name: string, does: () => void]>([
    ['resets all streams', RESET],
    ['answers all streams', ANSWER],
    ['destroys the connection', DESTROY],
    ['fails the connection', FAIL],
    ['closes the connection', CLOSE],
    ['does everything', () => [ANSWER, RESET, CLOSE, FAIL, DESTROY].forEach((does) => void does())],
  ])('%s, whenever it is told something', async (_name, does) => {
    for (const when of ['data', 'end', 'sent', 'close', 'open'] as const) {
      act.onStream = (stream, listener) => {
        if (when === 'open') does();
        else listener.act[when] = does;
        if (when !== 'sent' || stream.isClosed) return;
        stream.respond([[':status', '200']]);
        stream.send(contentOf(stream.id, 0, 70_000));
      };
      const streams = [0, 1, 2].map(() => client.open('/', false));
      for (const stream of streams) client.data(stream, 100, false);
      for (const stream of streams) client.data(stream, 100, true);
      client.grant(undefined, 200_000);
      for (const stream of streams) client.grant(stream, 200_000);
      client.ping(Buffer.from('whenever'));
      client.flush();
      await client.until(() => client.isSettled || opened.session.isDestroyed);
      opened.client.end();
      await expectGone();
      await opened.close();
      await start();
    }
  });

  test.each(['data', 'end', 'sent', 'close'] as const)('throws at %s ends the connection, and its owner is told', async (when) => {
    const thrown = new Error('listener');
    act.onStream = (stream, listener) => {
      stream.respond([[':status', '200']]);
      stream.send(contentOf(stream.id, 0, 70_000));
      if (stream.id > 1) return;
      listener.act[when] = () => {
        listener.act = {};
        throw thrown;
      };
    };
    client.open('/', false);
    client.open('/', false);
    await exchange();
    const frames = {
      data: frame(FRAME.data, 0, 1, Buffer.of(1)),
      end: frame(FRAME.data, FLAG.endStream, 1),
      sent: frame(FRAME.windowUpdate, 0, 0, Buffer.of(0, 0x10, 0, 0)),
      close: frame(FRAME.reset, 0, 1, Buffer.alloc(4)),
    };
    const grant = frame(FRAME.windowUpdate, 0, 1, Buffer.of(0, 0, 0x10, 0));
    expect(() => opened.session.receive(Buffer.concat([grant, frames[when], frame(FRAME.ping, 0, 0, Buffer.alloc(8))]))).toThrow(thrown);
    expect([opened.session.isDestroyed, opened.owner.pings]).toEqual([true, 1]);
    await opened.owner.closed;
    expect(listeners.map(({ closes }) => closes)).toEqual([1, 1]);
    expect([client.goAways.map(({ code }) => code), opened.owner.backlog]).toEqual([[ErrorCode.INTERNAL_ERROR], 0]);
  });

  test('throws when the connection is destroyed leaves the others and the owner to be told', async () => {
    act.onStream = (_stream, listener) => {
      listener.act.close = () => {
        throw new Error('listener');
      };
    };
    client.open('/', false);
    client.open('/', false);
    await exchange();
    expect(() => opened.session.destroy()).toThrow('listener');
    expect(listeners.map(({ closes }) => closes)).toEqual([1, 1]);
    opened.session.socket.emit('close');
    expect(opened.owner.closes).toBe(1);
  });
});

test('answers to pings come in the order of the pings, ten at most are open', async () => {
  const answered: number[] = [];
  await exchange();
  const asked = Array.from({ length: 12 }, (_, index) => opened.session.ping(() => answered.push(index)));
  expect(asked.filter(Boolean)).toHaveLength(10);
  while (answered.length < 10) await new Promise(setImmediate);
  expect(answered).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('a client that takes nothing is not read from until it does', async () => {
  const { stream: first } = await answerDeafClient();
  const bytes = 6 * 1024 * 1024;
  act.onStream = (stream) => answer(stream, bytes);
  const second = client.open('/', true);
  client.grant(second, LARGE_WINDOW / 2);
  client.flush();
  while (!opened.session.isReadPaused) await new Promise(setImmediate);
  act.onStream = (stream) => answer(stream);
  const third = client.open('/', true);
  client.flush();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect([opened.owner.streams.length, opened.owner.maxBacklog < 1024 * 1024]).toEqual([2, true]);
  opened.client.resume();
  await client.until(() => third.isReceiveDone && second.isReceiveDone);
  expect([first.isReceiveDone, second.receivedBytes, third.receivedBytes, opened.session.isReadPaused]).toEqual([true, bytes, 5, false]);
  expect(client.problems).toEqual([]);
});

test('whether something left, and what lies unsent', async () => {
  await answerDeafClient();
  await new Promise((resolve) => setTimeout(resolve, 50));
  opened.session.takeProgress();
  expect([opened.session.takeProgress(), opened.session.backlogBytes > 0]).toEqual([false, true]);
  opened.client.resume();
  await client.until(() => opened.session.backlogBytes === 0);
  expect([opened.session.takeProgress(), opened.session.takeProgress()]).toEqual([true, false]);
  expect(opened.session.remoteAddress).toBe(`127.0.0.1:${opened.client.localPort}`);
});
