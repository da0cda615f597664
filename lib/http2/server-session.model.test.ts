/** Random clients that keep to RFC 9113, against a session over a real connection: what an independent client sees is allowed and complete. */
import { Buffer } from 'node:buffer';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ErrorCode } from './protocol.js';
import type { RequestHead } from './request-head.js';
import type { ServerStream, StreamListener } from './server-stream.js';
import { contentOf, OracleClient, type OracleStream } from './test-oracle-client.js';
import { openSession, TEST_LIMITS } from './test-session.js';

/** How a stream is answered; it travels in the path. */
interface Plan {
  readonly chunks: readonly number[];
  readonly at: 'open' | 'data' | 'end' | 'later';
  /** Of a header of the answer. */
  readonly headerBytes: number;
  readonly pauses: boolean;
  readonly resets: boolean;
}

const plan: fc.Arbitrary<Plan> = fc.record({
  chunks: fc.array(fc.oneof(fc.nat(300), fc.nat(70_000), fc.constant(16_384)), { maxLength: 4 }),
  at: fc.constantFrom('open', 'data', 'end', 'later'),
  headerBytes: fc.constantFrom(0, 0, 0, 40_000),
  pauses: fc.boolean(),
  resets: fc.constantFrom(false, false, false, true),
});

/** Answers one stream by its plan, and remembers what it was told. */
class Answerer implements StreamListener {
  readonly problems: string[] = [];
  received = 0;
  ends = 0;
  closes = 0;
  #sent = 0;
  #next = 0;
  #isSending = false;

  constructor(
    readonly stream: ServerStream,
    readonly plan: Plan,
  ) {}

  begin(): void {
    if (this.plan.at === 'open') this.#answer();
  }

  onData(bytes: Buffer): void {
    this.#expectOpen('onData');
    if (this.ends > 0) this.problems.push('onData after onEnd');
    if (!bytes.equals(contentOf(this.stream.id, this.received, bytes.length))) this.problems.push('wrong bytes of a request');
    this.received += bytes.length;
    if (this.plan.at === 'data') this.#sendNext();
    if (!this.plan.pauses || this.stream.isClosed) return;
    this.stream.pause();
    setImmediate(() => this.stream.resume());
  }

  onEnd(): void {
    this.#expectOpen('onEnd');
    this.ends++;
    if (this.plan.at === 'later') setImmediate(() => this.#answer());
    else this.#answer();
  }

  onSent(): void {
    this.#expectOpen('onSent');
    if (this.#isSending) this.problems.push('onSent within send');
  }

  onClose(): void {
    this.closes++;
  }

  #answer(): void {
    while (this.#next < this.plan.chunks.length) this.#sendNext();
    this.#respond();
    if (this.plan.resets) this.stream.reset(ErrorCode.INTERNAL_ERROR);
    else this.stream.finish([['x-end', '1']]);
  }

  #respond(): void {
    this.stream.respond([
      [':status', '200'],
      ['x-long', 'v'.repeat(this.plan.headerBytes)],
    ]);
  }

  #sendNext(): void {
    const bytes = this.plan.chunks[this.#next++];
    if (bytes === undefined) return;
    this.#respond();
    this.#isSending = true;
    this.stream.send(contentOf(this.stream.id, this.#sent, bytes));
    this.#isSending = false;
    this.#sent += bytes;
  }

  #expectOpen(what: string): void {
    if (this.closes > 0) this.problems.push(`${what} after onClose`);
  }
}

type Step = (client: OracleClient) => void | Promise<void>;

/** Each step knows itself, so that a counterexample can be read. */
function named(name: string, step: Step): Step {
  return Object.assign(step, { [fc.toStringMethod]: () => name });
}

const on = (which: number, act: (stream: OracleStream, client: OracleClient) => void): Step => {
  return (client) => {
    const stream = client.streams[which % Math.max(1, client.streams.length)];
    if (stream !== undefined) act(stream, client);
  };
};

const which = fc.nat(30);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .tuple(plan, fc.boolean())
      .map(([plan, isLast]) => named(`open ${JSON.stringify(plan)} ${isLast}`, (client) => void client.open(`/${JSON.stringify(plan)}`, isLast))),
  },
  {
    weight: 8,
    arbitrary: fc
      .tuple(which, fc.oneof(fc.nat(200), fc.nat(20_000)), fc.boolean(), fc.option(fc.nat(255), { nil: undefined }))
      .map(([at, bytes, isLast, padding]) =>
        named(
          `data ${at} ${bytes} ${isLast} ${padding}`,
          on(at, (stream, client) => client.data(stream, bytes, isLast, padding)),
        ),
      ),
  },
  {
    weight: 1,
    arbitrary: which.map((at) =>
      named(
        `trailers ${at}`,
        on(at, (stream, client) => client.trailers(stream)),
      ),
    ),
  },
  {
    weight: 1,
    arbitrary: which.map((at) =>
      named(
        `reset ${at}`,
        on(at, (stream, client) => client.reset(stream, ErrorCode.CANCEL)),
      ),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(which, fc.integer({ min: 1, max: 100_000 })).map(([at, bytes]) =>
      named(
        `grant ${at} ${bytes}`,
        on(at, (stream, client) => client.grant(stream, bytes)),
      ),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.integer({ min: 1, max: 200_000 }).map((bytes) => named(`grant all ${bytes}`, (client) => client.grant(undefined, bytes))),
  },
  {
    weight: 2,
    arbitrary: fc
      .record(
        {
          windowBytes: fc.constantFrom(0, 1, 100, 16_384, 65_535, 2 ** 20),
          frameBytes: fc.constantFrom(16_384, 20_000, 70_000),
          tableBytes: fc.constantFrom(0, 4096, 65_536),
        },
        { requiredKeys: [] },
      )
      .map((wanted) => named(`settings ${JSON.stringify(wanted)}`, (client) => client.settings(wanted))),
  },
  {
    weight: 1,
    arbitrary: fc.uint8Array({ minLength: 8, maxLength: 8 }).map((payload) => named('ping', (client) => client.ping(Buffer.from(payload)))),
  },
  { weight: 1, arbitrary: fc.constant(named('deaf', (client) => void client.socket.pause())) },
  { weight: 1, arbitrary: fc.constant(named('listen', (client) => void client.socket.resume())) },
  {
    weight: 5,
    arbitrary: fc.constant(
      named('turn', async (client) => {
        client.flush();
        await new Promise(setImmediate);
      }),
    ),
  },
);

const isOver = (stream: OracleStream): boolean => stream.resetCode !== undefined || (stream.isSendDone && stream.isReceiveDone);

/** More than any window holds: what was used must come back. */
async function sendMore(client: OracleClient, stream: OracleStream): Promise<void> {
  const wanted = stream.sentBytes + 3 * TEST_LIMITS.windowBytes;
  await client.until(() => {
    while (!stream.isSendDone && stream.sentBytes < wanted && client.sendWindow > 0 && stream.sendWindow > 0) client.data(stream, 16_384, false);
    client.flush();
    return stream.isSendDone || stream.sentBytes >= wanted;
  });
}

/** Lets all that is open end. */
async function settle(client: OracleClient): Promise<void> {
  client.socket.resume();
  client.settings({ windowBytes: 2 ** 20 });
  client.grant(undefined, 2 ** 30);
  for (const stream of client.streams) if (!isOver(stream)) client.grant(stream, 2 ** 29);
  client.flush();
  for (const stream of client.streams.filter(({ isSendDone }) => !isSendDone).slice(-2)) await sendMore(client, stream);
  for (const stream of client.streams) client.trailers(stream);
  client.flush();
  await client.until(() => client.isSettled && client.streams.every(isOver));
}

async function play(steps: readonly Step[]): Promise<void> {
  const { session, owner, pool, client: socket, close } = await openSession();
  const answerers = new Map<number, Answerer>();
  owner.act.onStream = (stream: ServerStream, head: RequestHead) => {
    const answerer = new Answerer(stream, JSON.parse(head.path.slice(1)));
    answerers.set(stream.id, answerer);
    stream.listener = answerer;
    answerer.begin();
  };
  const client = new OracleClient(socket);
  try {
    for (const step of steps) await step(client);
    await settle(client);
    for (const stream of client.streams) check(stream, answerers.get(stream.id));
    expect([...client.problems, ...[...answerers.values()].flatMap(({ problems }) => problems)]).toEqual([]);
    expect(answerers.size).toBe(client.streams.length);
    expect(client.sentFlowBytes - client.creditedBytes).toBeLessThan(TEST_LIMITS.windowBytes / 2);
    expect([owner.faults, session.isDestroyed, session.isEstablished]).toEqual([[], false, true]);
    socket.end();
    await owner.closed;
    await new Promise(setImmediate);
    expect({ closes: owner.closes, backlog: owner.backlog, held: owner.held, missing: pool.taken - pool.given }).toEqual({
      closes: 1,
      backlog: 0,
      held: 0,
      missing: 0,
    });
  } finally {
    await close();
  }
}

function check(stream: OracleStream, answerer: Answerer | undefined): void {
  if (answerer === undefined) throw new Error(`Stream ${stream.id} was not taken`);
  const { plan } = answerer;
  expect(answerer.closes).toBe(1);
  expect(answerer.received).toBeLessThanOrEqual(stream.sentBytes);
  if (stream.isResetByUs || plan.resets) return;
  expect(stream.resetCode ?? ErrorCode.NO_ERROR).toBe(ErrorCode.NO_ERROR);
  expect([stream.isReceiveDone, stream.blocks.length, stream.receivedBytes]).toEqual([true, 2, plan.chunks.reduce((sum, bytes) => sum + bytes, 0)]);
  if (stream.resetCode !== undefined || plan.at === 'open') return; // it was answered before it had been heard
  expect([answerer.ends, answerer.received]).toEqual([1, stream.sentBytes]);
}

test('any client that keeps to the protocol gets its answers whole, within its windows, and leaves nothing behind', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => play(steps)),
    { seed: 9113, numRuns: 150 },
  );
});
