/** One request and its answer: RFC 9113, section 5.1. What it sends goes through its session, which knows the windows. */
import type { Buffer } from 'node:buffer';
import { HeldBytes } from './held-bytes.js';
import type { Field } from './hpack/hpack-encoder.js';
import { ErrorCode } from './protocol.js';

/** Who answers a stream. Nothing is called after `onClose`. */
export interface StreamListener {
  /** A part of the request's body: a view, to be used before this returns. */
  onData(bytes: Buffer): void;
  /** The request is whole. */
  onEnd(): void;
  /** Some of what had to wait was sent. Not called within `send` of the same stream. */
  onSent(): void;
  /** Both sides are done, or one of them gave up. Called once. */
  onClose(): void;
}

/** What a stream needs of its session. */
export interface StreamSession {
  readonly remoteAddress: string;
  respond(stream: ServerStream, fields: readonly Field[], isLast: boolean): void;
  send(stream: ServerStream, content: Uint8Array): void;
  finish(stream: ServerStream, trailers: readonly Field[]): void;
  reset(stream: ServerStream, code: ErrorCode): void;
  /** Bytes that were kept for a paused stream are taken. */
  takeHeld(stream: ServerStream, bytes: number): void;
}

export class ServerStream {
  listener: StreamListener | undefined;
  /** The client sends no more. */
  isRemoteDone = false;
  /** All of the answer was given to the connection. */
  isLocalDone = false;
  isClosed = false;
  hasResponded = false;
  /** Why it closed; undefined while it is open. */
  closeCode: ErrorCode | undefined;
  /** As the client announced it. */
  contentLength: number | undefined;
  /** Of the request's body, without padding. */
  receivedBytes = 0;
  /** Bytes that the client let us send, and that we let it send; not returned yet. */
  sendWindow: number;
  receiveWindow: number;
  creditBytes = 0;
  /** Content that waits for windows or for the socket. */
  readonly queue: Uint8Array[] = [];
  /** Of its first element, sent already. */
  queueStart = 0;
  queuedBytes = 0;
  /** To be sent when the queue is empty. */
  trailers: readonly Field[] | undefined;
  /** In the session's list of streams that can send. */
  isReady = false;
  #held: HeldBytes | undefined;
  #isPaused = false;
  #isResuming = false;
  #isEndHeld = false;

  constructor(
    readonly session: StreamSession,
    readonly id: number,
    sendWindow: number,
    receiveWindow: number,
  ) {
    this.sendWindow = sendWindow;
    this.receiveWindow = receiveWindow;
  }

  /** It ended as it should: everything was said on both sides. */
  get isComplete(): boolean {
    return this.isLocalDone && this.isRemoteDone && this.closeCode === ErrorCode.NO_ERROR;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  respond(fields: readonly Field[], isLast = false): void {
    this.session.respond(this, fields, isLast);
  }

  /** `content` must not change before it is sent. */
  send(content: Uint8Array): void {
    this.session.send(this, content);
  }

  /** Ends the answer. What the client still sends is thrown away. */
  finish(trailers: readonly Field[]): void {
    this.session.finish(this, trailers);
  }

  reset(code: ErrorCode): void {
    this.session.reset(this, code);
  }

  /** What arrives is kept from now on, and counts against the windows. */
  pause(): void {
    this.#isPaused = true;
  }

  /** Hands on what was kept, until it is paused again. */
  resume(): void {
    this.#isPaused = false;
    if (this.#isResuming) return; // from within onData: the loop below goes on
    this.#isResuming = true;
    try {
      this.#handOnHeld();
    } finally {
      this.#isResuming = false;
    }
  }

  /** False: it is kept, and was not taken yet. */
  deliver(bytes: Buffer): boolean {
    if (!this.#isPaused) {
      this.listener?.onData(bytes);
      return true;
    }
    this.#held ??= new HeldBytes();
    this.#held.add(bytes);
    return false;
  }

  deliverEnd(): void {
    this.isRemoteDone = true;
    if (this.#isPaused && this.#held !== undefined) this.#isEndHeld = true;
    else this.listener?.onEnd();
  }

  /** Forgets what it kept; returns how much of it had arrived. */
  dropHeld(): number {
    const bytes = this.#held?.bytes ?? 0;
    this.#held = undefined;
    return bytes;
  }

  /** A stream that closes on the way keeps nothing: see dropHeld. */
  #handOnHeld(): void {
    while (this.#held !== undefined && !this.#isPaused) {
      const bytes = this.#held.take();
      if (this.#held.bytes === 0) this.#held = undefined;
      if (bytes === undefined) break;
      this.session.takeHeld(this, bytes.length);
      this.listener?.onData(bytes);
    }
    if (!this.#isEndHeld || this.#isPaused || this.isClosed) return;
    this.#isEndHeld = false;
    this.listener?.onEnd();
  }
}
