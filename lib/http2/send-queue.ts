/**
 * What streams have to send, as far as their windows, that of the connection and the socket let it: RFC 9113, section 5.2. A frame of
 * each stream by turns. Content that fits at once is copied into the output; the rest waits with its stream.
 */
import { newWindowOverflow } from './frame-errors.js';
import type { FrameOutput } from './frame-output.js';
import { OUTPUT_BYTES } from './output-pool.js';
import { DEFAULTS, FRAME_HEADER_BYTES, MAX_WINDOW_BYTES } from './protocol.js';
import type { ServerStream } from './server-stream.js';

/** So much may wait for the socket before streams have to. */
const BACKLOG_BYTES = 4 * OUTPUT_BYTES;
/** A client that takes nothing is not read from while so much waits for its socket, or BACKLOG_BYTES and so much in its streams. */
const STUCK_BACKLOG_BYTES = 2 * BACKLOG_BYTES;
const STUCK_QUEUE_BYTES = 16 * BACKLOG_BYTES;
const MAX_FRAME_BYTES = OUTPUT_BYTES / 2 - FRAME_HEADER_BYTES;

export class SendQueue {
  /** Largest frame that the peer takes, in bytes. */
  peerFrameBytes: number = DEFAULTS.frameBytes;
  /** What a new stream may send before the peer says more, in bytes. */
  streamWindowBytes: number = DEFAULTS.windowBytes;
  /** Streams that have something to send and a window for it, in the order of their turns. */
  readonly #ready: ServerStream[] = [];
  #window: number = DEFAULTS.windowBytes;
  /** Of all streams. */
  #queuedBytes = 0;
  #isPumping = false;
  /** Whose content is being taken: its listener sees what comes of it when `send` returns. */
  #sender: ServerStream | undefined;

  /** `onEmptied`: all content of a stream that has trailers was sent. */
  constructor(
    readonly output: FrameOutput,
    readonly onEmptied: (stream: ServerStream) => void,
  ) {}

  /** Nothing leaves, and more waits than is good. */
  get isStuck(): boolean {
    const { backlog } = this.output;
    return backlog > STUCK_BACKLOG_BYTES || (backlog >= BACKLOG_BYTES && this.#queuedBytes > STUCK_QUEUE_BYTES);
  }

  send(stream: ServerStream, content: Uint8Array): void {
    const { length } = content;
    const isFree = stream.queuedBytes === 0 && this.#ready.length === 0 && length <= Math.min(this.#frameBytes, this.#window, stream.sendWindow);
    if (isFree && this.output.backlog < BACKLOG_BYTES) {
      this.#window -= length;
      stream.sendWindow -= length;
      this.output.data(stream.id, content, 0, length, false);
      return;
    }
    if (length === 0) return;
    stream.queue.push(content);
    stream.queuedBytes += length;
    this.#queuedBytes += length;
    this.#makeReady(stream);
    const outer = this.#sender;
    this.#sender = stream;
    try {
      this.pump();
    } finally {
      this.#sender = outer;
    }
  }

  /** The peer takes so many bytes more. Throws ConnectionError. */
  widen(bytes: number): void {
    this.#window += bytes;
    if (this.#window > MAX_WINDOW_BYTES) throw newWindowOverflow();
    this.pump();
  }

  /** As `widen`, of one stream; false when it has more than a window may. */
  widenStream(stream: ServerStream, bytes: number): boolean {
    stream.sendWindow += bytes;
    if (stream.sendWindow > MAX_WINDOW_BYTES) return false;
    this.#makeReady(stream);
    this.pump();
    return true;
  }

  /** The peer's INITIAL_WINDOW_SIZE, which changes windows of streams that are open, also below zero. Throws ConnectionError. */
  changeWindows(streams: readonly ServerStream[], bytes: number): void {
    const change = bytes - this.streamWindowBytes;
    this.streamWindowBytes = bytes;
    for (const stream of streams) {
      stream.sendWindow += change;
      if (stream.sendWindow > MAX_WINDOW_BYTES) throw newWindowOverflow();
      this.#makeReady(stream);
    }
  }

  /** What a stream that has closed still has to send goes nowhere. */
  forget(stream: ServerStream): void {
    if (stream.isReady) this.#ready.splice(this.#ready.indexOf(stream), 1); // while windows are closed nothing else takes it out
    stream.isReady = false;
    this.#queuedBytes -= stream.queuedBytes;
    stream.queuedBytes = 0;
    stream.queue.length = 0;
  }

  /** Sends what can be sent now. */
  pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      while (this.#window > 0 && this.output.backlog < BACKLOG_BYTES) {
        const stream = this.#ready.shift();
        if (stream === undefined) break;
        stream.isReady = false;
        this.#sendNext(stream);
      }
    } finally {
      this.#isPumping = false;
    }
  }

  get #frameBytes(): number {
    return Math.min(this.peerFrameBytes, MAX_FRAME_BYTES);
  }

  #makeReady(stream: ServerStream): void {
    if (stream.isReady || stream.queuedBytes === 0 || stream.sendWindow <= 0) return;
    stream.isReady = true;
    this.#ready.push(stream);
  }

  #sendNext(stream: ServerStream): void {
    const [content] = stream.queue;
    if (content === undefined) return;
    const start = stream.queueStart;
    const end = start + Math.min(content.length - start, this.#frameBytes, this.#window, stream.sendWindow);
    if (end <= start) return;
    this.output.data(stream.id, content, start, end, false);
    const sent = end - start;
    this.#window -= sent;
    stream.sendWindow -= sent;
    stream.queuedBytes -= sent;
    this.#queuedBytes -= sent;
    stream.queueStart = end;
    if (end === content.length) {
      stream.queue.shift();
      stream.queueStart = 0;
    }
    if (stream.queuedBytes > 0) this.#makeReady(stream);
    else if (stream.trailers !== undefined) {
      this.onEmptied(stream);
      return;
    }
    if (stream !== this.#sender) stream.listener?.onSent();
  }
}
