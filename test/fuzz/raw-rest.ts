/** A connection that sends bytes as it is told and reads one answer at a time. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export class RawHttp {
  readonly socket: Socket;
  isClosed = false;
  readonly closed: Promise<void>;
  #arrived: Buffer = Buffer.alloc(0);
  #onStatus: ((status: number | undefined) => void) | undefined;

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.setNoDelay(true);
    this.socket.on('error', () => undefined); // 'close' follows
    this.closed = once(this.socket, 'close').then(() => {
      this.isClosed = true;
      this.#onStatus?.(undefined);
    });
    this.socket.on('data', (chunk: Buffer) => {
      this.#arrived = Buffer.concat([this.#arrived, chunk]);
      this.#parse();
    });
  }

  /** The status of the next answer; undefined when the connection closes instead. Informational ones are passed over. */
  ask(bytes: Uint8Array): Promise<number | undefined> {
    this.#arrived = Buffer.alloc(0);
    return new Promise((resolve) => {
      this.#onStatus = resolve;
      if (this.isClosed) resolve(undefined);
      else this.socket.write(bytes);
    });
  }

  #parse(): void {
    const end = this.#arrived.indexOf('\r\n\r\n');
    if (end < 0) return;
    const text = this.#arrived.subarray(0, end).toString('latin1');
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]);
    const length = Number(/^content-length: (\d+)$/im.exec(text)?.[1] ?? 0);
    if (this.#arrived.length < end + 4 + length) return;
    this.#arrived = this.#arrived.subarray(end + 4 + length);
    if (status < 200) this.#parse();
    else {
      if (/^connection: close$/im.test(text)) this.isClosed = true;
      this.#onStatus?.(status);
    }
  }
}
