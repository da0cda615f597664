/** The doors of the runtime in this process, over a model that echoes: what requests meet before a model, and nothing else. */
import { HttpServer } from '../../lib/http-server.js';
import { ByteBudget } from '../../runtime/core/byte-budget.js';
import type { ModelSignature } from '../../runtime/core/signature.js';
import { Dataplane } from '../../runtime/dataplane/dataplane.js';
import { GrpcServer } from '../../runtime/grpc/server.js';
import { newRestHandler } from '../../runtime/rest/rest.js';
import { FakeSession, makeEchoModel } from '../runtime/fake-backend.js';

const SIGNATURE: ModelSignature = {
  inputs: [
    { name: 'x', datatype: 'FP32', shape: [-1, 2], symbols: ['n', ''] },
    { name: 'text', datatype: 'BYTES', shape: [-1], symbols: ['n'] },
  ],
  outputs: [
    { name: 'y', datatype: 'FP32', shape: [-1, 2], symbols: ['n', ''] },
    { name: 'echo', datatype: 'BYTES', shape: [-1], symbols: ['n'] },
  ],
};
/** Small enough that inputs reach them. */
const MESSAGE_BYTES = 1024 * 1024;

export class FuzzServer {
  readonly budget = new ByteBudget(64 * 1024 * 1024);
  /** Errors that no client is told about: each is a defect. Bounded. */
  readonly defects: unknown[] = [];
  readonly codes = new Map<string, number>();
  readonly #grpc: GrpcServer;
  readonly #rest: HttpServer;
  grpcPort = 0;
  restPort = 0;

  constructor() {
    const session = new FakeSession(SIGNATURE);
    session.runs.push = () => 0; // a million runs are not to be kept
    const model = makeEchoModel(session);
    const dataplane = new Dataplane({
      store: { models: () => [model], isDraining: false },
      serverVersion: '1',
      monotonicSeconds: () => performance.now() / 1000,
    });
    const onUnknown = (error: unknown): void => {
      if (this.defects.length < 20) this.defects.push(error);
    };
    const observer = {
      onCallEnd: (_method: string, code: string) => this.codes.set(code, (this.codes.get(code) ?? 0) + 1),
      onInferPath: () => undefined,
      onFault: () => undefined,
    };
    this.#grpc = new GrpcServer(dataplane, onUnknown, { budget: this.budget, observer, limits: { messageBytes: MESSAGE_BYTES, bodyStallMs: 2000 } });
    const limits = { messageBytes: MESSAGE_BYTES, bodyStallMs: 2000 };
    this.#rest = new HttpServer('REST', newRestHandler({ dataplane, onUnknown, limits, budget: this.budget }), onUnknown);
  }

  async start(): Promise<this> {
    this.grpcPort = await this.#grpc.listen('127.0.0.1', 0);
    this.restPort = await this.#rest.listen('127.0.0.1', 0);
    return this;
  }

  async stop(): Promise<void> {
    await Promise.all([this.#grpc.drain(5000), this.#rest.close(5000)]);
  }
}
