/** The transport, and clients that speak to it frame by frame. */
import { frameMessage } from '../../runtime/http2/method.js';
import { TestServer } from '../../runtime/http2/test-server.js';
import { FrameClient } from './frame-client.js';
import { preface } from './http2-frames.js';

export class FrameWorld {
  readonly #clients: FrameClient[] = [];

  private constructor(readonly transport: TestServer) {}

  static async start(...options: ConstructorParameters<typeof TestServer>): Promise<FrameWorld> {
    return new FrameWorld(await new TestServer(...options).start());
  }

  connect(start: Uint8Array = preface()): FrameClient {
    const client = new FrameClient(this.transport.port, start);
    this.#clients.push(client);
    return client;
  }

  /** Resolves with what is left when all clients have gone and the methods are done: bytes that calls hold, and calls. */
  async end(): Promise<readonly [bytes: number, calls: number]> {
    for (const client of this.#clients) client.socket.destroy();
    for (const { answer } of this.transport.hanging) answer(frameMessage(Buffer.alloc(0)));
    await this.transport.server.drain(1000).catch(() => undefined);
    return [this.transport.budget.used, this.transport.server.calls];
  }
}
