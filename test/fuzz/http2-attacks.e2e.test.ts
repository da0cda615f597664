/**
 * Attacks on HTTP/2 that cost a client little, against the transport in a process of its own: memory, frames and work that they cause stay
 * within bounds, and a good client is answered meanwhile. Floods that need no look at memory are in floods.test.ts.
 */
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ask, framed } from '../../runtime/http2/test-server.js';
import { TRANSPORT_LIMITS } from '../../runtime/http2/transport-limits.js';
import { until } from '../runtime/until.js';
import { ATTACKED_BUDGET_BYTES, type AttackReport, parseAttackedPort, parseAttackReport } from './attack-report.js';
import { FrameClient } from './frame-client.js';
import { callHeaders, endCall, openCall, padded } from './http2-calls.js';
import { encodeHeaders, FLAG, FRAME, frame, settings, windowUpdate } from './http2-frames.js';
import { type OwnProcess, startOwnProcess } from './own-process.js';

const MIB = 1024 * 1024;
/** An attack goes on for this long, or until so many bytes are sent, or the server hangs up. */
const ATTACK_MS = 3000;
const ATTACK_BYTES = 64 * MIB;
/** Unsent bytes that the attacker keeps ahead. */
const AHEAD_BYTES = MIB;
/** Of memory, above the process before the attack, its budget for messages included. */
const GROWTH_BYTES = ATTACKED_BUDGET_BYTES + 64 * MIB;
const ANSWER_MS = 3000;
/** Frames that the server may send: a refusal and a reset for each piece, and those of the connection. */
const FRAMES_PER_PIECE = 2;
const FRAMES_ANYWAY = 100;

let server: OwnProcess;
let port = 0;
let before: AttackReport;
let good: ClientHttp2Session;

beforeEach(async () => {
  server = await startOwnProcess('attacked-server.js');
  port = parseAttackedPort(server.ready);
  good = connectHttp2(`http://127.0.0.1:${port}`);
  good.on('error', () => undefined); // the calls tell
  await askGood();
  before = await report();
});
afterEach(async () => {
  good.destroy();
  await server.stop();
});

async function report(): Promise<AttackReport> {
  return parseAttackReport(await server.report());
}

/** Resolves with how long the answer took, in milliseconds. */
async function askGood(): Promise<number> {
  const began = performance.now();
  expect(await ask(good, { ':path': '/t/Echo' }, framed('good'))).toMatchObject({ code: '0', body: framed('good') });
  return performance.now() - began;
}

interface Attack {
  /** The n-th piece. */
  readonly piece: (n: number) => Buffer;
  /** The attacker reads nothing. */
  readonly isDeaf?: boolean;
  readonly begin?: Buffer;
}

interface Harm {
  readonly client: FrameClient;
  readonly after: AttackReport;
}

/** What the attack did; fails when a good client waited too long or memory grew beyond its bound. */
async function attack({ piece, isDeaf = false, begin = Buffer.alloc(0) }: Attack): Promise<Harm> {
  const client = new FrameClient(port);
  client.send(begin);
  await client.until('SETTINGS', () => client.frames > 0);
  if (isDeaf) client.socket.pause();
  const end = performance.now() + ATTACK_MS;
  let [pieces, sent, slowestMs] = [0, 0, 0];
  while (!client.isClosed && client.goaways.length === 0 && performance.now() < end && sent < ATTACK_BYTES) {
    while (client.socket.writableLength < AHEAD_BYTES && sent < ATTACK_BYTES) {
      const bytes = piece(pieces++);
      client.socket.write(bytes);
      sent += bytes.length;
    }
    slowestMs = Math.max(slowestMs, await askGood());
  }
  const after = await report();
  client.socket.destroy();
  expect(slowestMs).toBeLessThan(ANSWER_MS);
  expect(after.peakRssBytes - before.peakRssBytes).toBeLessThan(GROWTH_BYTES);
  expect(await askGood()).toBeLessThan(ANSWER_MS);
  expect(client.frames).toBeLessThanOrEqual(FRAMES_ANYWAY + FRAMES_PER_PIECE * pieces);
  return { client, after };
}

function repeat(bytes: Buffer, times: number): Buffer {
  return Buffer.concat(Array<Buffer>(times).fill(bytes));
}

/** The n-th stream of a client. */
const stream = (n: number): number => 1 + 2 * n;
/** Of a call that was refused before the flood. */
const GONE = stream(0);
const PING = frame(FRAME.ping, FLAG.none, 0, Buffer.alloc(8));
/** Indexed field 62: what was put last into the dynamic table (RFC 7541 §2.3.3). */
const NEWEST = 0xbe;
/** With what it takes of the table beside its value it just fits into the 4096 bytes that HPACK begins with. */
const BOMB_VALUE_BYTES = 4000;

/** A field of 4 KB that goes into the table, and then one byte for each time that it is repeated. */
function bomb(n: number): Buffer {
  const literal = Buffer.concat([Buffer.of(0x40), encodeHeaders([['bomb', 'b'.repeat(BOMB_VALUE_BYTES)]]).subarray(1)]);
  const block = Buffer.concat([callHeaders('Hang'), literal, Buffer.alloc(12_000, NEWEST)]);
  return frame(FRAME.headers, FLAG.endHeaders, stream(n), block);
}

describe('headers', () => {
  test('an HPACK bomb: 48 MB of headers from 16 KB', async () => {
    const { after } = await attack({ piece: bomb });
    expect(after.begun).toBe(0);
  });
  test('names of no length (CVE-2019-9516)', async () => {
    const { after } = await attack({
      piece: (n) => frame(FRAME.headers, FLAG.endHeaders, stream(n), Buffer.concat([callHeaders('Hang'), Buffer.alloc(3 * 5000)])),
    });
    expect(after.begun).toBe(0);
  });
  test('a header block without end (CVE-2024-27316)', async () => {
    const more = frame(FRAME.continuation, FLAG.none, stream(0), encodeHeaders([['x', 'y'.repeat(16_000)]]));
    const { after } = await attack({ begin: frame(FRAME.headers, FLAG.none, stream(0), callHeaders('Hang')), piece: () => more });
    expect(after.begun).toBe(0);
  });
});

describe('work that the client makes the server drop (MadeYouReset, CVE-2025-8671)', () => {
  const call = (n: number): Buffer => Buffer.concat([openCall(stream(n), 'Hang'), endCall(stream(n), framed('x'))]);
  test.each<[string, (n: number) => Buffer]>([
    ['WINDOW_UPDATE of 0', (n) => windowUpdate(stream(n), 0)],
    ['WINDOW_UPDATE beyond the window', (n) => windowUpdate(stream(n), 2 ** 31 - 1)],
    ['DATA after the end', (n) => frame(FRAME.data, FLAG.none, stream(n), framed('x'))],
    ['HEADERS after the end', (n) => frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, stream(n), encodeHeaders([['x', 'y']]))],
    ['PRIORITY of 4 bytes', (n) => frame(FRAME.priority, FLAG.none, stream(n), Buffer.alloc(4))],
    ['RST_STREAM (CVE-2023-44487)', (n) => frame(FRAME.reset, FLAG.none, stream(n), Buffer.from([0, 0, 0, 8]))],
  ])('%s', async (_, provocation) => {
    const { after } = await attack({ piece: (n) => Buffer.concat([call(n), provocation(n)]) });
    const seconds = (2 * ATTACK_MS) / 1000;
    const { streamsPerConnection, resetBurst, resetsPerSecond } = TRANSPORT_LIMITS;
    expect(after.begun).toBeGreaterThan(0);
    expect(after.begun).toBeLessThanOrEqual(streamsPerConnection + resetBurst + seconds * resetsPerSecond);
  });
});

describe('frames that cost nothing', () => {
  const refused = frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, GONE, callHeaders('None'));
  test.each<[string, Buffer]>([
    ['PRIORITY', frame(FRAME.priority, FLAG.none, 7, Buffer.from([0, 0, 0, 5, 1]))],
    ['unknown types', frame(0x42, FLAG.none, 0, Buffer.alloc(8))],
    ['WINDOW_UPDATE of a stream that is gone', windowUpdate(GONE, 1)],
    ['DATA of nothing but padding', frame(FRAME.data, FLAG.padded, stream(1), padded(Buffer.alloc(0), 1))],
  ])('%s: the server says next to nothing to them', async (_, bytes) => {
    const flood = repeat(bytes, 2000);
    const { client } = await attack({ begin: Buffer.concat([refused, openCall(stream(1), 'Hang')]), piece: () => flood });
    expect(client.frames).toBeLessThan(FRAMES_ANYWAY);
  });
});

describe('answers that nobody reads', () => {
  test.each<[string, (n: number) => Buffer]>([
    ['PING (CVE-2019-9512)', () => repeat(PING, 1000)],
    ['SETTINGS (CVE-2019-9515)', () => repeat(settings([4, 70_000]), 1000)],
    ['resets of malformed requests (CVE-2019-9514)', (n) => frame(FRAME.headers, FLAG.endHeaders, stream(n), encodeHeaders([['x', 'y']]))],
    ['refusals', (n) => frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, stream(n), callHeaders('None'))],
    [
      'large answers through an open window (CVE-2019-9517)',
      (n) => Buffer.concat([openCall(stream(n), 'Big'), endCall(stream(n), framed(Buffer.of(0, 1, 0, 0)))]),
    ],
  ])('%s', async (_, piece) => {
    const { after } = await attack({ piece, isDeaf: true });
    expect(after.heldBytes).toBeLessThanOrEqual(ATTACKED_BUDGET_BYTES);
    await until('the calls of the attacker, who has gone, to end', async () => {
      const { calls, heldBytes } = await report();
      return calls === 0 && heldBytes === 0;
    });
  });
});
