/** An HTTP/2 client that sends what it is told and remembers what came: how many frames of each type, and what each stream got. */
import { connect, type Socket } from 'node:net';
import { FLAG, FRAME, FrameReader, frame, preface, type ReadFrame, SETTINGS_ACK } from './http2-frames.js';
import { within } from './watchdog.js';

export class FrameClient {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  isClosed = false;
  /** By type. */
  readonly counts = new Map<number, number>();
  /** Error codes. */
  readonly goaways: number[] = [];
  /** Of the same frames: the last stream that the server took. */
  readonly lastIds: number[] = [];
  /** Error codes of resets by stream. */
  readonly resets = new Map<number, number>();
  /** Bytes by stream that WINDOW_UPDATE let the client send beyond the first window; 0: the connection. */
  readonly credits = new Map<number, number>();
  /** Told of each frame. */
  onFrame: ((frame: ReadFrame) => void) | undefined;
  readonly #acknowledgesSettings: boolean;
  readonly #bodies = new Map<number, Buffer[]>();
  readonly #ended = new Set<number>();
  readonly #waiting = new Set<() => void>();
  #pongs = 0;

  /** `acknowledgesSettings` false: it may be within a frame of its own when those of the server come. */
  constructor(port: number, start: Uint8Array = preface(), acknowledgesSettings = true) {
    this.#acknowledgesSettings = acknowledgesSettings;
    this.socket = connect(port, '127.0.0.1');
    this.socket.setNoDelay(true);
    this.socket.on('error', () => undefined); // 'close' follows
    const reader = new FrameReader();
    this.socket.on('data', (chunk: Buffer) => {
      for (const frame of reader.read(chunk)) this.#take(frame);
      this.#wake();
    });
    this.closed = new Promise((resolve) =>
      this.socket.once('close', () => {
        this.isClosed = true;
        this.#wake();
        resolve();
      }),
    );
    this.socket.write(start);
  }

  send(...frames: readonly Uint8Array[]): void {
    this.socket.write(Buffer.concat(frames));
  }

  /** What came in DATA, without its padding, which the server does not send. */
  body(stream: number): Buffer {
    return Buffer.concat(this.#bodies.get(stream) ?? []);
  }

  /** With END_STREAM. */
  hasEnded(stream: number): boolean {
    return this.#ended.has(stream);
  }

  get frames(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** The server has read everything before: it answers in order. */
  async settle(): Promise<void> {
    const want = this.#pongs + 1;
    this.send(frame(FRAME.ping, FLAG.none, 0, Buffer.alloc(8)));
    await this.until('an answer to PING', () => this.#pongs === want);
  }

  /** Looks again whenever something came. */
  until(what: string, isSo: () => boolean): Promise<void> {
    return within(what, this.#until(what, isSo));
  }

  async #until(what: string, isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      if (this.isClosed) throw new Error(`The connection closed before this: ${what}; GOAWAY ${this.goaways}`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  #take(taken: ReadFrame): void {
    const { type, flags, stream, payload } = taken;
    this.counts.set(type, (this.counts.get(type) ?? 0) + 1);
    if (type === FRAME.settings && (flags & FLAG.ack) === 0 && this.#acknowledgesSettings) this.socket.write(SETTINGS_ACK);
    else if (type === FRAME.goaway) this.#takeGoaway(payload);
    else if (type === FRAME.ping && (flags & FLAG.ack) !== 0) this.#pongs++;
    else if (type === FRAME.windowUpdate) this.credits.set(stream, (this.credits.get(stream) ?? 0) + payload.readUInt32BE(0));
    else if (type === FRAME.reset) this.resets.set(stream, payload.readUInt32BE(0));
    else if (type === FRAME.data) this.#keep(stream, payload);
    if ((type === FRAME.data || type === FRAME.headers) && (flags & FLAG.endStream) !== 0) this.#ended.add(stream);
    this.onFrame?.(taken);
  }

  #takeGoaway(payload: Buffer): void {
    this.lastIds.push(payload.readUInt32BE(0));
    this.goaways.push(payload.readUInt32BE(4));
  }

  #keep(stream: number, payload: Buffer): void {
    const chunks = this.#bodies.get(stream);
    if (chunks === undefined) this.#bodies.set(stream, [payload]);
    else chunks.push(payload);
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }
}
