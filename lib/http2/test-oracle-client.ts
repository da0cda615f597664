/**
 * For tests: a client that keeps the windows and the states of both sides as RFC 9113 says, and none of them as the server does. It
 * sends only what is allowed; what the server does that is not, is in `problems`.
 */
import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import {
  encodeHeaders,
  FLAG,
  FRAME,
  FrameReader,
  frame,
  type ReadFrame,
  reset,
  SETTINGS_ACK,
  settings,
  windowUpdate,
} from '../../test/fuzz/http2-frames.js';
import { HpackDecoder } from './hpack/hpack-decoder.js';
import { type Pair, pairsOf } from './hpack/test-blocks.js';
import { DEFAULTS, MAX_WINDOW_BYTES, PREFACE, Setting } from './protocol.js';

/** What either side sends on a stream, byte by byte. */
export function contentOf(id: number, start: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let index = 0; index < length; index++) bytes[index] = id + (start + index) * 3 + ((start + index) >> 8) * 7;
  return bytes;
}

export class OracleStream {
  /** Bytes that we may send, and that the server may. */
  sendWindow: number;
  receiveWindow: number;
  /** As flow control counts them. */
  sentFlowBytes = 0;
  creditedBytes = 0;
  sentBytes = 0;
  receivedBytes = 0;
  readonly blocks: Pair[][] = [];
  isSendDone = false;
  isReceiveDone = false;
  /** Either side gave up. */
  resetCode: number | undefined;
  isResetByUs = false;

  constructor(
    readonly id: number,
    sendWindow: number,
    receiveWindow: number,
  ) {
    this.sendWindow = sendWindow;
    this.receiveWindow = receiveWindow;
  }
}

interface OwnSettings {
  readonly windowBytes: number;
  readonly frameBytes: number;
}

export class OracleClient {
  readonly problems: string[] = [];
  readonly streams: OracleStream[] = [];
  readonly goAways: { readonly lastId: number; readonly code: number; readonly text: string }[] = [];
  sendWindow: number = DEFAULTS.windowBytes;
  receiveWindow: number = DEFAULTS.windowBytes;
  sentFlowBytes = 0;
  creditedBytes = 0;
  isEnded = false;
  /** Of the server: what its settings say. */
  #peerWindow: number = DEFAULTS.windowBytes;
  /** Of ours: those that the server acknowledged, and those that it has not. */
  #own: OwnSettings = { windowBytes: DEFAULTS.windowBytes, frameBytes: DEFAULTS.frameBytes };
  readonly #proposed: OwnSettings[] = [];
  #pings: Buffer[] = [];
  #block: { readonly stream: OracleStream; readonly isLast: boolean; readonly parts: Buffer[] } | undefined;
  #due: Buffer[] = [];
  #nextId = 1;
  #onNews: () => void = () => undefined;
  readonly #decoder = new HpackDecoder({ maxTableBytes: DEFAULTS.headerTableBytes, maxListBytes: 1e6 });

  constructor(readonly socket: Socket) {
    const reader = new FrameReader();
    socket.on('data', (chunk: Buffer) => {
      for (const read of reader.read(chunk)) this.#take(read);
      this.#onNews();
    });
    socket.on('end', () => {
      this.isEnded = true;
      this.#onNews();
    });
    socket.on('close', () => this.#onNews());
    this.#due.push(Buffer.from(PREFACE));
    this.settings({});
  }

  /** All that was said since the last flush is one write. */
  flush(): void {
    const bytes = Buffer.concat(this.#due.splice(0));
    if (bytes.length > 0 && this.socket.writable) this.socket.write(bytes);
  }

  /** For what no client should send. */
  raw(...frames: readonly Buffer[]): void {
    this.#due.push(...frames);
    this.flush();
  }

  open(path: string, isLast: boolean, more: readonly (readonly [string, string])[] = []): OracleStream {
    const stream = new OracleStream(this.#nextId, this.#peerWindow, this.#own.windowBytes);
    this.#nextId += 2;
    this.streams.push(stream);
    stream.isSendDone = isLast;
    const block = encodeHeaders([[':method', 'POST'], [':scheme', 'http'], [':path', path], ...more]);
    this.#due.push(frame(FRAME.headers, FLAG.endHeaders | (isLast ? FLAG.endStream : 0), stream.id, block));
    return stream;
  }

  /** As much of it as the windows allow. `padding`: its bytes, the one that says how many not counted; undefined: none. */
  data(stream: OracleStream, bytes: number, isLast: boolean, padding?: number): void {
    if (stream.isSendDone) return;
    const extra = padding === undefined ? 0 : padding + 1;
    const room = Math.min(this.sendWindow, stream.sendWindow, 16_384) - extra;
    if (room < 0) return;
    const content = contentOf(stream.id, stream.sentBytes, Math.min(bytes, room));
    const payload = padding === undefined ? content : Buffer.concat([Buffer.of(padding), content, Buffer.alloc(padding)]);
    const flags = (padding === undefined ? 0 : FLAG.padded) | (isLast ? FLAG.endStream : 0);
    this.#due.push(frame(FRAME.data, flags, stream.id, payload));
    stream.sentBytes += content.length;
    stream.sentFlowBytes += payload.length;
    stream.sendWindow -= payload.length;
    this.sendWindow -= payload.length;
    this.sentFlowBytes += payload.length;
    stream.isSendDone = isLast;
  }

  trailers(stream: OracleStream): void {
    if (stream.isSendDone) return;
    stream.isSendDone = true;
    this.#due.push(frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, stream.id, encodeHeaders([['x-trailer', '1']])));
  }

  reset(stream: OracleStream, code: number): void {
    if (stream.resetCode !== undefined || (stream.isSendDone && stream.isReceiveDone)) return;
    stream.resetCode = code;
    stream.isResetByUs = true;
    stream.isSendDone = true;
    this.#due.push(reset(stream.id, code));
  }

  /** `stream` undefined: of the connection. */
  grant(stream: OracleStream | undefined, bytes: number): void {
    const window = stream ?? this;
    // what our settings may still add to it counts, too
    if (window.receiveWindow + bytes > MAX_WINDOW_BYTES - 2 ** 21) return;
    window.receiveWindow += bytes;
    this.#due.push(windowUpdate(stream?.id ?? 0, bytes));
  }

  settings(wanted: Partial<OwnSettings> & { readonly tableBytes?: number }): void {
    const last = this.#proposed.at(-1) ?? this.#own;
    const next = { windowBytes: wanted.windowBytes ?? last.windowBytes, frameBytes: wanted.frameBytes ?? last.frameBytes };
    this.#proposed.push(next);
    const table: [number, number][] = wanted.tableBytes === undefined ? [] : [[Setting.HEADER_TABLE_SIZE, wanted.tableBytes]];
    this.#due.push(settings([Setting.INITIAL_WINDOW_SIZE, next.windowBytes], [Setting.MAX_FRAME_SIZE, next.frameBytes], ...table));
  }

  ping(payload: Buffer): void {
    this.#pings.push(payload);
    this.#due.push(frame(FRAME.ping, 0, 0, payload));
  }

  /** Looks again whenever something came. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      if (this.socket.destroyed) throw new Error(`The connection is gone; GOAWAY ${JSON.stringify(this.goAways)}`);
      await new Promise<void>((resolve) => {
        this.#onNews = resolve;
      });
    }
  }

  get isSettled(): boolean {
    return this.#proposed.length === 0 && this.#pings.length === 0;
  }

  #take(read: ReadFrame): void {
    const { type, flags, stream: id, payload } = read;
    if ((this.#block === undefined) === (type === FRAME.continuation)) this.problems.push(`type ${type} within a header block, or outside of one`);
    if (payload.length > this.#own.frameBytes) this.problems.push(`a frame of ${payload.length} bytes`);
    if (type === FRAME.data) this.#takeData(id, flags, payload);
    else if (type === FRAME.headers || type === FRAME.continuation) this.#takeBlock(read);
    else if (type === FRAME.reset) this.#takeReset(id, payload.readUInt32BE(0));
    else if (type === FRAME.settings) this.#takeSettings(flags, payload);
    else if (type === FRAME.ping) this.#takePing(flags, payload);
    else if (type === FRAME.windowUpdate) this.#takeCredit(id, payload.readUInt32BE(0));
    else if (type === FRAME.goaway) this.#takeGoAway(payload);
    else this.problems.push(`a frame of type ${type}`);
  }

  #find(id: number): OracleStream | undefined {
    const stream = this.streams[(id - 1) / 2];
    if (stream === undefined) this.problems.push(`a frame on stream ${id}, which is idle`);
    return stream;
  }

  #takeData(id: number, flags: number, payload: Buffer): void {
    this.receiveWindow -= payload.length;
    if (this.receiveWindow < 0) this.problems.push(`DATA beyond the window of the connection by ${-this.receiveWindow}`);
    const stream = this.#find(id);
    if (stream === undefined || stream.isResetByUs) return;
    stream.receiveWindow -= payload.length;
    if (stream.receiveWindow < 0 && payload.length > 0) this.problems.push(`DATA beyond the window of stream ${id}`);
    if (stream.isReceiveDone || stream.blocks.length !== 1) this.problems.push(`DATA on stream ${id} out of place`);
    if (!payload.equals(contentOf(id, stream.receivedBytes, payload.length))) this.problems.push(`wrong bytes on stream ${id}`);
    stream.receivedBytes += payload.length;
    if ((flags & FLAG.endStream) !== 0) stream.isReceiveDone = true;
  }

  #takeBlock({ type, flags, stream: id, payload }: ReadFrame): void {
    const stream = this.#find(id);
    if (stream === undefined) return;
    if (type === FRAME.headers) this.#block = { stream, isLast: (flags & FLAG.endStream) !== 0, parts: [] };
    const block = this.#block;
    if (block?.stream !== stream) {
      this.problems.push(`CONTINUATION on stream ${id}`);
      return;
    }
    block.parts.push(payload);
    if ((flags & FLAG.endHeaders) === 0) return;
    this.#block = undefined;
    const fields = pairsOf(this.#decoder.decode(Buffer.concat(block.parts)));
    if (stream.isResetByUs) return;
    if (stream.isReceiveDone || stream.blocks.length > 1) this.problems.push(`HEADERS on stream ${id} out of place`);
    if (stream.blocks.length === 1 && !block.isLast) this.problems.push(`trailers on stream ${id} that do not end it`);
    stream.blocks.push(fields);
    if (block.isLast) stream.isReceiveDone = true;
  }

  #takeReset(id: number, code: number): void {
    const stream = this.#find(id);
    if (stream === undefined || stream.isResetByUs) return;
    if (stream.resetCode !== undefined) this.problems.push(`stream ${id} was reset twice`);
    stream.resetCode = code;
    stream.isSendDone = true;
  }

  #takeSettings(flags: number, payload: Buffer): void {
    if ((flags & FLAG.ack) !== 0) {
      this.#applyOwn();
      return;
    }
    for (let at = 0; at < payload.length; at += 6) {
      if (payload.readUInt16BE(at) !== Setting.INITIAL_WINDOW_SIZE) continue;
      const change = payload.readUInt32BE(at + 2) - this.#peerWindow;
      this.#peerWindow += change;
      for (const stream of this.streams) stream.sendWindow += change;
    }
    this.#due.push(SETTINGS_ACK);
    this.flush();
  }

  /** The server obeys them from here on. */
  #applyOwn(): void {
    const next = this.#proposed.shift();
    if (next === undefined) {
      this.problems.push('settings were acknowledged that were not sent');
      return;
    }
    for (const stream of this.streams) stream.receiveWindow += next.windowBytes - this.#own.windowBytes;
    this.#own = next;
  }

  #takePing(flags: number, payload: Buffer): void {
    if ((flags & FLAG.ack) === 0) this.#due.push(frame(FRAME.ping, FLAG.ack, 0, Buffer.from(payload)));
    else if (this.#pings.shift()?.equals(payload) !== true) this.problems.push('an answer to no ping');
    this.flush();
  }

  #takeCredit(id: number, bytes: number): void {
    const window = id === 0 ? this : this.#find(id);
    if (window === undefined) return;
    window.sendWindow += bytes;
    window.creditedBytes += bytes;
    if (bytes === 0 || window.sendWindow > MAX_WINDOW_BYTES) this.problems.push(`a credit of ${bytes} on stream ${id}`);
    if (window.creditedBytes > window.sentFlowBytes) this.problems.push(`more credit than was used on stream ${id}`);
  }

  #takeGoAway(payload: Buffer): void {
    const lastId = payload.readUInt32BE(0);
    if (lastId > (this.goAways.at(-1)?.lastId ?? lastId)) this.problems.push('a GOAWAY that takes back the one before');
    this.goAways.push({ lastId, code: payload.readUInt32BE(4), text: payload.toString('latin1', 8) });
  }
}
