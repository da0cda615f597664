/**
 * One client's connection: RFC 9113 as a server. It owns the streams, both directions of flow control, and everything that a
 * client may do wrong. What it decodes it hands to its owner; what it is told to send leaves at the end of the turn.
 */
import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { ConnectionError } from './connection-error.js';
import { checkPriority, newNoSettings, newOnConnection, newSize } from './frame-errors.js';
import { FrameOutput } from './frame-output.js';
import { FrameReader, type FrameSink } from './frame-reader.js';
import { HeaderBlocks } from './header-blocks.js';
import type { HeaderList } from './hpack/header-list.js';
import { HpackDecoder } from './hpack/hpack-decoder.js';
import { type Field, HpackEncoder } from './hpack/hpack-encoder.js';
import { HpackError } from './hpack/hpack-error.js';
import type { OutputPool } from './output-pool.js';
import { DEFAULTS, ErrorCode, Flag, FrameType, MAX_STREAM_ID, MAX_WINDOW_BYTES, Setting } from './protocol.js';
import { readSocket } from './read-socket.js';
import { ReceiveWindow } from './receive-window.js';
import { RecentIds } from './recent-ids.js';
import { findTrailerProblem, type RequestHead, readRequestHead } from './request-head.js';
import { ResetAllowance } from './reset-allowance.js';
import { SendQueue } from './send-queue.js';
import { ServerStream, type StreamSession } from './server-stream.js';
import { readSettings } from './settings.js';
import { StreamTable } from './stream-table.js';

export interface SessionLimits {
  /** Receive window of a stream and of the connection, in bytes. Not below the 65,535 that clients begin with. */
  readonly windowBytes: number;
  /** Largest frame that the client may send, in bytes. */
  readonly frameBytes: number;
  /** Streams at a time. */
  readonly streams: number;
  /** What the client is told; its block may have up to MAX_LIST_BYTES, for its owner to refuse with words. */
  readonly headerListBytes: number;
  readonly headerPairs: number;
  readonly resetBurst: number;
  readonly resetsPerSecond: number;
}

export interface SessionOwner {
  /** A request has begun: give the stream a listener, or answer it. */
  onStream(stream: ServerStream, head: RequestHead): void;
  /** The client sent a PING, or SETTINGS after its first: both cost an answer. */
  onPing(): void;
  /** Bytes that were given to the socket and have not left, more or fewer than before. */
  onBacklog(change: number): void;
  /** Bytes that are kept for streams which are paused, more or fewer than before. False: there is no room for more, and none was taken. */
  onHeld(change: number): boolean;
  /** The connection was closed because of what the client did. */
  onFault(reason: string): void;
  /** The socket is gone. Called once; every stream was closed before. */
  onClose(): void;
  /** Milliseconds that only grow. */
  nowMs(): number;
}

/** Of a header list, decoded; and of the block that is the list, in all its frames. */
const MAX_LIST_BYTES = 64 * 1024;
/** DATA frames without content in a row (CVE-2019-9518). */
const MAX_EMPTY_FRAMES = 1000;
/** Streams that were begun beyond `streams`. */
const MAX_REJECTED = 100;
const MAX_PINGS = 10;
/** For a client to hear why the connection ends, and to close its side. */
const LINGER_MS = 500;
/** For a client that was not at fault to take the next part of its last answers. */
const LAST_PART_MS = 10_000;
const PING_PAYLOAD = Buffer.from('slipway!');

export class ServerSession implements FrameSink, StreamSession {
  readonly #streams = new StreamTable<ServerStream>();
  readonly #output: FrameOutput;
  readonly #reader: FrameReader;
  readonly #decoder = new HpackDecoder({ maxTableBytes: DEFAULTS.headerTableBytes, maxListBytes: MAX_LIST_BYTES });
  readonly #encoder = new HpackEncoder();
  readonly #blocks = new HeaderBlocks(MAX_LIST_BYTES);
  readonly #resets: ResetAllowance;
  readonly #resetIds = new RecentIds();
  readonly #queue: SendQueue;
  readonly #pings: (() => void)[] = [];
  #isReadPaused = false;
  #isEnding = false;
  /** When an ending connection is destroyed. */
  #lastMoment: NodeJS.Timeout | undefined;
  #isGone = false;
  #hasSettings = false;
  #unacknowledged = 1;
  #seenId = 0;
  /** Streams beyond this are not taken. */
  #lastId = MAX_STREAM_ID;
  #isClosing = false;
  readonly #window: ReceiveWindow;
  #emptyFrames = 0;
  #rejected = 0;
  #chargedBytes = 0;
  /** Of the DATA frame that is being read. */
  #dataStream: ServerStream | undefined;
  #dataLength = 0;
  #dataTaken = 0;
  /** Something left since it was last asked. */
  #hasSent = false;

  constructor(
    readonly socket: Socket,
    readonly limits: SessionLimits,
    readonly owner: SessionOwner,
    pool: OutputPool,
  ) {
    this.#resets = new ResetAllowance(limits.resetBurst, limits.resetsPerSecond);
    this.#reader = new FrameReader(this, limits.frameBytes, MAX_LIST_BYTES);
    this.#output = new FrameOutput(socket, pool, { onGiven: () => this.#charge(), onWritten: () => this.#onWritten() });
    this.#window = new ReceiveWindow(this.#output, limits.windowBytes);
    this.#queue = new SendQueue(this.#output, (stream) => this.#sendTrailers(stream, stream.trailers ?? []));
    readSocket(socket, (bytes) => this.receive(bytes));
    socket.on('error', () => this.#teardown()); // 'close' follows
    socket.on('end', () => this.#onHalfClosed());
    socket.on('close', () => this.#onGone());
    socket.setNoDelay(true);
    this.#output.settings([
      [Setting.MAX_CONCURRENT_STREAMS, limits.streams],
      [Setting.INITIAL_WINDOW_SIZE, limits.windowBytes],
      [Setting.MAX_FRAME_SIZE, limits.frameBytes],
      [Setting.MAX_HEADER_LIST_SIZE, limits.headerListBytes],
    ]);
    if (limits.windowBytes > DEFAULTS.windowBytes) this.#output.windowUpdate(0, limits.windowBytes - DEFAULTS.windowBytes);
  }

  get remoteAddress(): string {
    const { remoteAddress, remotePort } = this.socket;
    return remoteAddress === undefined ? '' : `${remoteAddress}:${remotePort}`;
  }

  /** It takes and sends no more, or is about to. */
  get isDestroyed(): boolean {
    return this.#isEnding || this.#isGone;
  }

  /** The client sent its settings and acknowledged ours. */
  get isEstablished(): boolean {
    return this.#hasSettings && this.#unacknowledged === 0;
  }

  /** Nothing is read because too much waits to be written. */
  get isReadPaused(): boolean {
    return this.#isReadPaused;
  }

  /** Bytes that the client does not take. */
  get backlogBytes(): number {
    return this.#output.pendingBytes;
  }

  /** Whether something left since the last call of this. */
  takeProgress(): boolean {
    const hadSent = this.#hasSent;
    this.#hasSent = false;
    return hadSent;
  }

  /** False when too many are open, or the connection is. */
  ping(onAnswer: () => void): boolean {
    if (this.isDestroyed || this.#pings.length >= MAX_PINGS) return false;
    this.#pings.push(onAnswer);
    this.#output.ping(PING_PAYLOAD, false);
    return true;
  }

  /** "I will take no new stream soon": all that come are still taken. */
  announceEnd(): void {
    if (!this.isDestroyed && !this.#isClosing) this.#output.goAway(MAX_STREAM_ID, ErrorCode.NO_ERROR, '');
  }

  /** Takes no new stream, says which was the last, and ends when those that are there have. */
  close(): void {
    if (this.isDestroyed || this.#isClosing) return;
    this.#isClosing = true;
    this.#lastId = this.#seenId;
    this.#output.goAway(this.#lastId, ErrorCode.NO_ERROR, '');
    this.#endWhenIdle();
  }

  /** With a GOAWAY that tells why; streams are closed at once. */
  fail(code: ErrorCode, message: string): void {
    if (this.isDestroyed) return;
    this.#output.goAway(Math.min(this.#seenId, this.#lastId), code, message);
    this.#end(LINGER_MS);
    this.#teardown();
  }

  /** Without a word. */
  destroy(): void {
    this.socket.destroy();
    this.#teardown();
  }

  // What streams ask for

  respond(stream: ServerStream, fields: readonly Field[], isLast: boolean): void {
    if (stream.isClosed || stream.hasResponded) return;
    stream.hasResponded = true;
    this.#output.headers(stream.id, this.#encoder, fields, isLast, this.#queue.peerFrameBytes);
    if (isLast) this.#endLocal(stream);
  }

  send(stream: ServerStream, content: Uint8Array): void {
    if (!stream.isClosed) this.#queue.send(stream, content);
  }

  finish(stream: ServerStream, trailers: readonly Field[]): void {
    if (stream.isClosed || stream.trailers !== undefined) return;
    stream.trailers = trailers;
    if (stream.queuedBytes === 0) this.#sendTrailers(stream, trailers);
  }

  reset(stream: ServerStream, code: ErrorCode): void {
    if (stream.isClosed) return;
    this.#sendReset(stream.id, code);
    this.#close(stream, code);
  }

  takeHeld(stream: ServerStream, bytes: number): void {
    this.owner.onHeld(-bytes);
    this.#window.creditStream(stream, bytes);
  }

  // What the client sent

  /** What was read of the socket before the session had it. Not used after this returns. */
  receive(bytes: Buffer): void {
    if (this.isDestroyed) return;
    try {
      this.#reader.push(bytes);
    } catch (error) {
      if (!(error instanceof ConnectionError)) {
        this.fail(ErrorCode.INTERNAL_ERROR, ''); // what came behind it is lost
        throw error;
      }
      if (this.isDestroyed) return; // behind what ended it nothing counts
      this.owner.onFault('connection error');
      this.fail(error.code, error.message);
      return;
    }
    if (!this.#isReadPaused && this.#queue.isStuck) {
      this.#isReadPaused = true;
      this.socket.pause();
    }
  }

  onDataBegin(id: number, length: number): void {
    this.#dataStream = undefined;
    this.#dataLength = length;
    this.#dataTaken = 0;
    if (this.isDestroyed) return;
    if (!this.#hasSettings) throw newNoSettings();
    this.#expectNoBlock();
    this.#window.take(length);
    const stream = this.#streams.get(id);
    if (stream === undefined) {
      this.#expectKnown(id, 'DATA');
      if (!this.#resetIds.has(id) && id <= this.#lastId) this.#faultStream(id, ErrorCode.STREAM_CLOSED);
    } else if (stream.isRemoteDone) this.#faultStream(id, ErrorCode.STREAM_CLOSED);
    else if (stream.receiveWindow < length) this.#faultStream(id, ErrorCode.FLOW_CONTROL_ERROR);
    else {
      stream.receiveWindow -= length;
      this.#dataStream = stream;
    }
  }

  onDataPart(bytes: Buffer): void {
    const stream = this.#dataStream;
    if (stream === undefined || stream.isClosed) return;
    if (stream.isPaused && !this.owner.onHeld(bytes.length)) {
      this.reset(stream, ErrorCode.ENHANCE_YOUR_CALM);
      return;
    }
    stream.receivedBytes += bytes.length;
    this.#dataTaken += bytes.length;
    if (stream.deliver(bytes)) this.#window.creditStream(stream, bytes.length);
  }

  onDataEnd(isLast: boolean): void {
    const stream = this.#dataStream;
    this.#dataStream = undefined;
    const unseen = this.#dataLength - this.#dataTaken; // padding, and what nobody wanted
    if (unseen > 0) {
      if (stream === undefined) this.#window.credit(unseen);
      else this.#window.creditStream(stream, unseen);
    }
    if (this.#dataLength > 0 || isLast) this.#emptyFrames = 0;
    else if (++this.#emptyFrames > MAX_EMPTY_FRAMES) throw new ConnectionError(ErrorCode.ENHANCE_YOUR_CALM, 'too many DATA frames without content');
    if (isLast && stream !== undefined && !stream.isClosed) this.#endRemote(stream);
  }

  onUnknownFrame(): void {
    this.#expectNoBlock();
    if (!this.#hasSettings) throw newNoSettings();
  }

  onFrame(type: number, flags: number, id: number, payload: Buffer): void {
    if (this.isDestroyed) return; // the frames before it in one read ended the connection
    if (!this.#hasSettings && (type !== FrameType.SETTINGS || (flags & Flag.ACK) !== 0)) throw newNoSettings();
    if (type !== FrameType.CONTINUATION) this.#expectNoBlock();
    switch (type) {
      case FrameType.HEADERS:
        this.#onHeaders(id, flags, payload);
        break;
      case FrameType.CONTINUATION:
        this.#onBlock(this.#blocks.add(id, flags, payload));
        break;
      case FrameType.RST_STREAM:
        this.#onReset(id, payload);
        break;
      case FrameType.SETTINGS:
        this.#onSettings(flags, id, payload);
        break;
      case FrameType.PING:
        this.#onPing(flags, id, payload);
        break;
      case FrameType.WINDOW_UPDATE:
        this.#onWindowUpdate(id, payload);
        break;
      case FrameType.GOAWAY:
        this.#onGoAway(id, payload);
        break;
      case FrameType.PRIORITY:
        checkPriority(id, payload);
        break;
      default:
        throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, 'a client sent PUSH_PROMISE');
    }
  }

  #onHeaders(id: number, flags: number, payload: Buffer): void {
    if (id === 0) throw newOnConnection('HEADERS');
    this.#onBlock(this.#blocks.begin(id, flags, payload));
  }

  /** The client opens no more streams: the connection ends with those that are there. */
  #onGoAway(id: number, payload: Buffer): void {
    if (id !== 0) throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, 'GOAWAY on a stream');
    if (payload.length < 8) throw newSize('GOAWAY');
    this.close();
  }

  #onBlock(block: ReturnType<HeaderBlocks['add']>): void {
    if (block === undefined) return;
    const fields = this.#decode(block.bytes);
    const stream = this.#streams.get(block.id);
    if (stream !== undefined) this.#onTrailers(stream, fields, block.isLast);
    else if (block.id % 2 === 0) throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, 'a client opened a stream with an even id');
    else if (block.id <= this.#seenId) {
      if (!this.#resetIds.has(block.id) && block.id <= this.#lastId) {
        throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, 'HEADERS of a stream that is not above the last'); // section 5.1.1
      }
      this.#countReset(); // trailers that crossed our reset, once a stream
    } else this.#open(block.id, fields, block.isLast, block.dependsOn);
  }

  #decode(bytes: Buffer): HeaderList {
    try {
      return this.#decoder.decode(bytes);
    } catch (error) {
      if (error instanceof HpackError) throw new ConnectionError(ErrorCode.COMPRESSION_ERROR, error.message);
      throw error;
    }
  }

  #onTrailers(stream: ServerStream, fields: HeaderList, isLast: boolean): void {
    if (stream.isRemoteDone) this.#faultStream(stream.id, ErrorCode.STREAM_CLOSED);
    else if (!isLast || findTrailerProblem(fields) !== undefined) this.#faultStream(stream.id, ErrorCode.PROTOCOL_ERROR);
    else this.#endRemote(stream);
  }

  #open(id: number, fields: HeaderList, isLast: boolean, dependsOn: number): void {
    this.#seenId = id;
    if (id > this.#lastId) return; // our GOAWAY said so
    if (this.#streams.size >= this.limits.streams) {
      if (++this.#rejected > MAX_REJECTED) throw new ConnectionError(ErrorCode.ENHANCE_YOUR_CALM, 'too many streams beyond the limit');
      this.#sendReset(id, ErrorCode.REFUSED_STREAM);
      return;
    }
    const head = readRequestHead(fields);
    if (fields.isCut || fields.names.length > this.limits.headerPairs) this.#faultStream(id, ErrorCode.ENHANCE_YOUR_CALM);
    else if (head.problem !== undefined || dependsOn === id) this.#faultStream(id, ErrorCode.PROTOCOL_ERROR);
    else {
      const stream = new ServerStream(this, id, this.#queue.streamWindowBytes, this.limits.windowBytes);
      this.#streams.add(id, stream);
      stream.contentLength = head.contentLength;
      this.owner.onStream(stream, head);
      if (isLast && !stream.isClosed) this.#endRemote(stream);
    }
  }

  #endRemote(stream: ServerStream): void {
    if (stream.contentLength !== undefined && stream.contentLength !== stream.receivedBytes) this.#faultStream(stream.id, ErrorCode.PROTOCOL_ERROR);
    else stream.deliverEnd();
  }

  #onReset(id: number, payload: Buffer): void {
    if (id === 0) throw newOnConnection('RST_STREAM');
    if (payload.length !== 4) throw newSize('RST_STREAM');
    this.#expectKnown(id, 'RST_STREAM');
    const stream = this.#streams.get(id);
    if (stream !== undefined) this.#close(stream, ErrorCode.CANCEL);
    this.#countReset();
  }

  #onSettings(flags: number, id: number, payload: Buffer): void {
    if (id !== 0) throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, 'SETTINGS on a stream');
    if ((flags & Flag.ACK) !== 0) {
      if (payload.length > 0) throw newSize('an acknowledgement of SETTINGS');
      this.#unacknowledged = Math.max(0, this.#unacknowledged - 1);
      return;
    }
    for (const [setting, value] of readSettings(payload)) {
      if (setting === Setting.HEADER_TABLE_SIZE) this.#encoder.limitTable(value);
      else if (setting === Setting.MAX_FRAME_SIZE) this.#queue.peerFrameBytes = value;
      else if (setting === Setting.INITIAL_WINDOW_SIZE) this.#queue.changeWindows(this.#streams.list(), value);
    }
    this.#output.acknowledgeSettings();
    if (this.#hasSettings) this.owner.onPing();
    this.#hasSettings = true;
    this.#queue.pump();
  }

  #onPing(flags: number, id: number, payload: Buffer): void {
    if (id !== 0) throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, 'PING on a stream');
    if (payload.length !== 8) throw newSize('PING');
    if ((flags & Flag.ACK) !== 0) {
      if (payload.equals(PING_PAYLOAD)) this.#pings.shift()?.();
      return;
    }
    this.#output.ping(payload, true);
    this.owner.onPing();
  }

  #onWindowUpdate(id: number, payload: Buffer): void {
    if (payload.length !== 4) throw newSize('WINDOW_UPDATE');
    const bytes = payload.readUInt32BE(0) & MAX_WINDOW_BYTES;
    if (id === 0) {
      if (bytes === 0) throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, 'WINDOW_UPDATE by 0');
      this.#queue.widen(bytes);
      return;
    }
    this.#expectKnown(id, 'WINDOW_UPDATE');
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    if (bytes === 0) this.#faultStream(id, ErrorCode.PROTOCOL_ERROR);
    else if (!this.#queue.widenStream(stream, bytes)) this.#faultStream(id, ErrorCode.FLOW_CONTROL_ERROR);
  }

  #expectNoBlock(): void {
    if (this.#blocks.isOpen) throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, 'a frame within a header block');
  }

  #expectKnown(id: number, type: string): void {
    if (id === 0) throw newOnConnection(type);
    if (id > this.#seenId || id % 2 === 0) throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, `${type} on a stream that was not opened`);
  }

  // How streams end

  /** For what a client did wrong on one stream. */
  #faultStream(id: number, code: ErrorCode): void {
    this.#sendReset(id, code);
    const stream = this.#streams.get(id);
    if (stream !== undefined) this.#close(stream, code);
    this.#countReset();
  }

  #sendReset(id: number, code: ErrorCode): void {
    this.#output.reset(id, code);
    this.#resetIds.add(id);
  }

  #countReset(): void {
    if (!this.#resets.take(this.owner.nowMs())) throw new ConnectionError(ErrorCode.ENHANCE_YOUR_CALM, 'too many streams were reset');
  }

  #sendTrailers(stream: ServerStream, trailers: readonly Field[]): void {
    this.#output.headers(stream.id, this.#encoder, trailers, true, this.#queue.peerFrameBytes);
    this.#endLocal(stream);
  }

  /** A client that has not sent all of its request is told to stop, without an error: section 8.1. */
  #endLocal(stream: ServerStream): void {
    stream.isLocalDone = true;
    if (!stream.isRemoteDone) this.#sendReset(stream.id, ErrorCode.NO_ERROR);
    this.#close(stream, ErrorCode.NO_ERROR);
  }

  #close(stream: ServerStream, code: ErrorCode): void {
    if (stream.isClosed) return;
    stream.isClosed = true;
    stream.closeCode = code;
    this.#streams.delete(stream.id);
    this.#queue.forget(stream);
    const held = stream.dropHeld();
    if (held > 0) {
      this.owner.onHeld(-held);
      this.#window.credit(held);
    }
    stream.listener?.onClose();
    this.#endWhenIdle();
  }

  #endWhenIdle(): void {
    if (this.#isClosing && this.#streams.size === 0 && !this.isDestroyed) this.#end(LAST_PART_MS);
  }

  // What goes out beside the answers

  #onWritten(): void {
    this.#hasSent = true;
    if (this.#isGone) return;
    this.#lastMoment?.refresh();
    this.#charge();
    this.#queue.pump();
    if (this.#isReadPaused && !this.#queue.isStuck) {
      this.#isReadPaused = false;
      this.socket.resume();
    }
  }

  #charge(): void {
    const bytes = this.#isGone ? 0 : this.#output.pendingBytes;
    if (bytes === this.#chargedBytes) return;
    this.owner.onBacklog(bytes - this.#chargedBytes);
    this.#chargedBytes = bytes;
  }

  // How the connection ends

  /** What was sent goes out, each part within `partMs`, and the client has a moment to close its side: a reset would overtake it. */
  #end(partMs: number): void {
    this.#isEnding = true;
    this.#destroyAfter(partMs);
    this.#output.end(() => this.#destroyAfter(LINGER_MS));
    if (this.#isReadPaused) this.socket.resume();
  }

  /** One that takes nothing any more would otherwise keep what lies in the socket. */
  #onHalfClosed(): void {
    this.#teardown();
    if (this.#lastMoment === undefined) this.#destroyAfter(LINGER_MS);
  }

  #destroyAfter(ms: number): void {
    clearTimeout(this.#lastMoment);
    if (!this.#isGone) this.#lastMoment = setTimeout(() => this.socket.destroy(), ms).unref();
  }

  #teardown(): void {
    this.#isEnding = true;
    let thrown: { readonly error: unknown } | undefined;
    for (const stream of this.#streams.list()) {
      try {
        this.#close(stream, ErrorCode.CANCEL);
      } catch (error) {
        thrown ??= { error }; // the others have to hear of it all the same
      }
    }
    if (thrown !== undefined) throw thrown.error;
  }

  #onGone(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    clearTimeout(this.#lastMoment);
    try {
      this.#teardown();
    } finally {
      this.#charge();
      this.owner.onClose();
    }
  }
}
