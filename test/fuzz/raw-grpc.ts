/** A connection that sends frames as it is told and tells only which streams have ended, and that it has closed. */
import { connect, type Socket } from 'node:net';
import { FLAG, FRAME, FrameReader, frame, preface, SETTINGS_ACK } from './http2-frames.js';

export class RawConnection {
  readonly socket: Socket;
  /** In the order of arrival, as [type, first bytes]; bounded. */
  readonly goaways: string[] = [];
  isClosed = false;
  #nextStream = 1;
  readonly #waiting = new Map<number, () => void>();
  readonly closed: Promise<void>;

  constructor(port: number, start: Uint8Array = preface()) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.setNoDelay(true);
    this.socket.on('error', () => undefined); // 'close' follows
    this.closed = new Promise((resolve) => this.socket.once('close', () => resolve()));
    void this.closed.then(() => this.#end());
    const reader = new FrameReader();
    this.socket.on('data', (chunk: Buffer) => {
      for (const { type, flags, stream, payload } of reader.read(chunk)) {
        if (type === FRAME.settings && (flags & FLAG.ack) === 0) this.socket.write(SETTINGS_ACK);
        else if (type === FRAME.ping && (flags & FLAG.ack) === 0) this.socket.write(frame(FRAME.ping, FLAG.ack, 0, payload));
        else if (type === FRAME.goaway) this.goaways.push(`${payload.readUInt32BE(4)} ${payload.subarray(8)}`);
        else if (type === FRAME.reset || ((type === FRAME.data || type === FRAME.headers) && (flags & FLAG.endStream) !== 0)) this.#settle(stream);
      }
    });
    this.socket.write(start);
  }

  /** False: the server takes no more streams here. */
  get isUsable(): boolean {
    return !this.isClosed && this.goaways.length === 0;
  }

  takeStream(): number {
    const stream = this.#nextStream;
    this.#nextStream += 2;
    return stream;
  }

  /** Resolves when the stream has ended, by an answer or a reset, or with the connection. */
  ended(stream: number): Promise<void> {
    if (this.isClosed) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.set(stream, resolve));
  }

  #settle(stream: number): void {
    this.#waiting.get(stream)?.();
    this.#waiting.delete(stream);
  }

  #end(): void {
    this.isClosed = true;
    for (const stream of [...this.#waiting.keys()]) this.#settle(stream);
  }
}
