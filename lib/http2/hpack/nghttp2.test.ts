/**
 * Beside Node's own HPACK: its client's blocks decoded by ours and ours by its client, over many lists that come again in any
 * order, while both sides change the size of the other's table.
 */
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { type ClientHttp2Session, connect, type OutgoingHttpHeaders, sensitiveHeaders } from 'node:http2';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HpackDecoder } from './hpack-decoder.js';
import { type Field, HpackEncoder } from './hpack-encoder.js';
import { SharedField } from './shared-field.js';
import { type Pair, pairsOf } from './test-blocks.js';

const PREFACE_BYTES = 24;
const FRAME_HEADER_BYTES = 9;
const FRAME = { headers: 1, settings: 4, continuation: 9 } as const;
const FLAG = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 0x20 } as const;
const HEADER_TABLE_SIZE = 1;
const MAX_TABLE_BYTES = 16_384;

/** As much of a server as it takes to read blocks and to answer each with one. */
class BlockServer {
  readonly received: Pair[][] = [];
  readonly #decoder = new HpackDecoder({ maxTableBytes: MAX_TABLE_BYTES, maxListBytes: 1e6 });
  readonly #encoder = new HpackEncoder();
  #rest = Buffer.alloc(0);
  #block: Buffer[] = [];
  #hasPreface = false;

  constructor(
    readonly socket: Socket,
    readonly answers: readonly (readonly Field[])[],
  ) {
    socket.on('data', (bytes) => this.#onData(bytes));
    this.limitTable(4096);
  }

  limitTable(bytes: number): void {
    const payload = Buffer.alloc(6);
    payload.writeUInt16BE(HEADER_TABLE_SIZE);
    payload.writeUInt32BE(bytes, 2);
    this.#send(FRAME.settings, 0, 0, payload);
  }

  #onData(bytes: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    if (!this.#hasPreface && this.#rest.length >= PREFACE_BYTES) {
      this.#hasPreface = true;
      this.#rest = this.#rest.subarray(PREFACE_BYTES);
    }
    while (this.#hasPreface && this.#rest.length >= FRAME_HEADER_BYTES) {
      const end = FRAME_HEADER_BYTES + this.#rest.readUIntBE(0, 3);
      if (this.#rest.length < end) return;
      const frame = this.#rest.subarray(0, end);
      this.#rest = this.#rest.subarray(end);
      this.#onFrame(frame.readUInt8(3), frame.readUInt8(4), frame.readUInt32BE(5), frame.subarray(FRAME_HEADER_BYTES));
    }
  }

  #onFrame(type: number, flags: number, stream: number, payload: Buffer): void {
    if (type === FRAME.settings && (flags & FLAG.ack) === 0) {
      for (let at = 0; at < payload.length; at += 6)
        if (payload.readUInt16BE(at) === HEADER_TABLE_SIZE) this.#encoder.limitTable(payload.readUInt32BE(at + 2));
      this.#send(FRAME.settings, FLAG.ack, 0, Buffer.alloc(0));
    }
    if (type !== FRAME.headers && type !== FRAME.continuation) return;
    const padding = type === FRAME.headers && flags & FLAG.padded ? payload.readUInt8(0) : undefined;
    const start = (padding === undefined ? 0 : 1) + (type === FRAME.headers && flags & FLAG.priority ? 5 : 0);
    this.#block.push(payload.subarray(start, payload.length - (padding ?? 0)));
    if (flags & FLAG.endHeaders) this.#onBlock(stream);
  }

  #onBlock(stream: number): void {
    const answer = this.answers[this.received.length] ?? [];
    this.received.push(pairsOf(this.#decoder.decode(Buffer.concat(this.#block))));
    this.#block = [];
    const target = Buffer.alloc(this.#encoder.maxBytes(answer));
    const block = target.subarray(0, this.#encoder.write(answer, target, 0));
    this.#send(FRAME.headers, FLAG.endStream | FLAG.endHeaders, stream, block);
  }

  #send(type: number, flags: number, stream: number, payload: Buffer): void {
    const header = Buffer.alloc(FRAME_HEADER_BYTES);
    header.writeUIntBE(payload.length, 0, 3);
    header.writeUInt8(type, 3);
    header.writeUInt8(flags, 4);
    header.writeUInt32BE(stream, 5);
    this.socket.write(Buffer.concat([header, payload]));
  }
}

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

async function startPair(answers: readonly (readonly Field[])[]): Promise<{ client: ClientHttp2Session; server: BlockServer }> {
  const listener: Server = createServer();
  await once(listener.listen(0, '127.0.0.1'), 'listening');
  const { port } = listener.address() as AddressInfo;
  const client = connect(`http://127.0.0.1:${port}`, { maxDeflateDynamicTableSize: MAX_TABLE_BYTES });
  const [socket] = (await once(listener, 'connection')) as [Socket];
  cleanups.push(() => {
    client.destroy();
    socket.destroy();
    listener.close();
  });
  return { client, server: new BlockServer(socket, answers) };
}

async function answerTo(client: ClientHttp2Session, pairs: readonly Pair[], isSensitive: boolean): Promise<Pair[]> {
  const headers: OutgoingHttpHeaders & { [sensitiveHeaders]?: string[] } = {};
  for (const [name, value] of pairs) headers[name] = name in headers ? [headers[name] ?? '', value].flat().map(String) : value;
  if (isSensitive) headers[sensitiveHeaders] = ['x-a'];
  const stream = client.request(headers, { endStream: true });
  const [, , raw] = (await once(stream, 'response')) as [unknown, unknown, string[]];
  stream.resume();
  return Array.from({ length: raw.length / 2 }, (_, index): Pair => [raw[2 * index] ?? '', raw[2 * index + 1] ?? '']);
}

const VALUE_CHARS = [...Array(94).keys()].map((index) => 0x21 + index).concat([...Array(95).keys()].map((index) => 0xa1 + index));
const value = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('application/grpc', 'trailers', '0', 'gzip, deflate', '1S', '/inference.GRPCInferenceService/ModelInfer') },
  { weight: 2, arbitrary: fc.stringMatching(/^[a-z0-9/.-]{1,60}$/) },
  fc.string({ unit: fc.constantFrom(...VALUE_CHARS).map((code) => String.fromCharCode(code)), minLength: 1, maxLength: 300 }),
);
const name = fc.oneof(fc.constantFrom('x-a', 'x-b', 'user-agent', 'grpc-timeout', 'cache-control', 'via'), fc.stringMatching(/^x-[a-z]{1,30}$/));
/** Of one name the values stand together, as Node's client sends them. */
const extra = fc
  .array(fc.tuple(name, value), { maxLength: 8 })
  .map((pairs) => pairs.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([name, value]): Pair => [name, value]));
const path = fc.stringMatching(/^[/][a-z/.]{0,40}$/);
const request = fc
  .tuple(path, extra)
  .map(([path, pairs]): Pair[] => [
    [':method', 'POST'],
    [':scheme', 'http'],
    [':authority', '127.0.0.1:8001'],
    [':path', path],
    ...uniqueSingles(pairs),
  ]);
const status = fc.constantFrom('200', '204', '404', '418');

/** Node refuses a second value of these. */
function uniqueSingles(pairs: readonly Pair[]): Pair[] {
  return pairs.filter(([name], index) => name !== 'user-agent' || pairs.findIndex(([other]) => other === name) === index);
}

test.each([1, 2, 3])('both ways, seed %i', async (seed) => {
  const [requests, extras, statuses] = [
    fc.sample(request, { seed, numRuns: 25 }),
    fc.sample(extra, { seed, numRuns: 25 }),
    fc.sample(status, { seed, numRuns: 25 }),
  ];
  const shared = fc.sample(fc.tuple(name, value), { seed, numRuns: 12 }).map(([name, value]) => new SharedField(name, value));
  const picks = fc.sample(fc.nat(24), { seed, numRuns: 300 });
  const answers = picks.map((pick): Field[] => [
    [':status', statuses[pick] ?? '200'],
    ...(extras[pick] ?? []),
    ...shared.slice(pick % 12, (pick % 12) + 4),
  ]);
  const { client, server } = await startPair(answers);
  const serverLimits = [4096, 1000, 0, MAX_TABLE_BYTES, 300, 4096];
  const clientLimits = [4096, 65_536, 8192, 8192, 0, 4096];
  const got: Pair[][] = [];
  for (const [index, pick] of picks.entries()) {
    if (index % 50 === 0) {
      server.limitTable(serverLimits[index / 50] ?? 0);
      client.settings({ headerTableSize: clientLimits[index / 50] ?? 0 });
    }
    got.push(await answerTo(client, requests[pick] ?? [], pick % 3 === 0));
  }
  expect(server.received).toEqual(picks.map((pick) => requests[pick]));
  expect(got).toEqual(
    answers.map((fields) => fields.map((field): Pair => (field instanceof SharedField ? [field.name, field.value] : [field[0], field[1]]))),
  );
});
