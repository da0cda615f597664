/**
 * Sends malformed inputs by number at the doors of a server in a process of its own and holds it to four things: each input ends, no
 * error is unknown, a valid request in between is answered rightly, and nothing is left behind.
 */
import { type ClientHttp2Session, connect } from 'node:http2';
import { ask } from '../../runtime/http2/test-server.js';
import { type FuzzPorts, type FuzzReport, parsePorts, parseReport } from './fuzz-report.js';
import { type GrpcInput, makeGrpcInput, validMessage } from './grpc-inputs.js';
import { type OwnProcess, startOwnProcess } from './own-process.js';
import { RawConnection } from './raw-grpc.js';
import { RawHttp } from './raw-rest.js';
import { makeRestInput } from './rest-inputs.js';
import { within } from './watchdog.js';

/** Inputs between two valid requests. */
const VALID_EVERY = 1000;
/** Streams that a connection has at a time. */
const GROUP = 24;
/** Inputs of a connection before the next one takes its place: servers close those that misbehave too often. */
const CONNECTION_INPUTS = 360;
const GRPC_LANES = 3;
const REST_LANES = 6;
/** Of ten inputs, those that are gRPC's. */
const GRPC_SHARE = 6;

export interface FuzzResult {
  readonly inputs: number;
  readonly valid: number;
  /** Of HTTP, by status; 0 for connections that closed without an answer. */
  readonly statuses: ReadonlyMap<number, number>;
  readonly codes: ReadonlyMap<string, number>;
  readonly defects: readonly string[];
  readonly heldBytes: number;
  /** How the server is at the end. */
  readonly end: FuzzReport;
}

export interface FuzzOptions {
  readonly seed: number;
  readonly from: number;
  readonly count: number;
  /** No further input is begun after it; absent: all are sent. */
  readonly maxMs?: number;
  /** After each thousand; the report says how the server is then. */
  readonly onProgress?: (done: number, report: () => Promise<FuzzReport>) => Promise<void> | void;
}

export class Fuzzer {
  #done = 0;
  readonly #endMs: number;
  #valid = 0;
  readonly #statuses = new Map<number, number>();
  #client: ClientHttp2Session;

  constructor(
    readonly server: FuzzPorts,
    readonly process: OwnProcess,
    readonly options: FuzzOptions,
  ) {
    this.#endMs = performance.now() + (options.maxMs ?? Number.POSITIVE_INFINITY);
    this.#client = this.#connect();
  }

  /** Rejects with the seed and index of the input that did not end. */
  async run(): Promise<FuzzResult> {
    const lanes = [...Array.from({ length: GRPC_LANES }, () => this.#grpcLane()), ...Array.from({ length: REST_LANES }, () => this.#restLane())];
    const death = this.process.ended.then((how) =>
      Promise.reject(new Error(`The server ended by ${how} after ${this.#done} inputs: ${this.process.stderr()}`)),
    );
    await Promise.race([Promise.all(lanes), death]);
    await this.#checkValid();
    this.#client.close();
    const end = await within('The budget of bytes', this.#settle());
    const { codes, defects, heldBytes } = end;
    return { inputs: this.#done, valid: this.#valid, statuses: this.#statuses, codes: new Map(codes), defects, heldBytes, end };
  }

  async #settle(): Promise<FuzzReport> {
    for (;;) {
      const report = parseReport(await this.process.report());
      if (report.heldBytes === 0) return report;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** The next index of a kind; undefined when all are taken. */
  readonly #taken = { grpc: 0, rest: 0 };
  #take(kind: 'grpc' | 'rest'): number | undefined {
    const { from, count } = this.options;
    const share = kind === 'grpc' ? Math.ceil((count * GRPC_SHARE) / 10) : count - Math.ceil((count * GRPC_SHARE) / 10);
    if (this.#taken[kind] >= share || performance.now() > this.#endMs) return undefined;
    return from + this.#taken[kind]++;
  }

  async #grpcLane(): Promise<void> {
    let connection: RawConnection | undefined;
    let sent = 0;
    for (;;) {
      if (connection === undefined || !connection.isUsable || sent >= CONNECTION_INPUTS) {
        connection?.socket.destroy();
        connection = new RawConnection(this.server.grpcPort);
        sent = 0;
      }
      const indexes = Array.from({ length: GROUP }, () => this.#take('grpc')).filter((index) => index !== undefined);
      if (indexes.length === 0) break;
      sent += indexes.length;
      await this.#sendGroup(connection, indexes);
      await this.#count(indexes.length);
    }
    connection.socket.destroy();
  }

  async #sendGroup(connection: RawConnection, indexes: readonly number[]): Promise<void> {
    const { seed } = this.options;
    const bytes: Buffer[] = [];
    const ends: Promise<void>[] = [];
    for (const index of indexes) {
      const stream = connection.takeStream();
      const input = makeGrpcInput(seed, index, stream);
      const what = `gRPC input ${index} of seed ${seed}`;
      if (input.ends === 'connection') ends.push(within(what, this.#sendAlone(index)));
      else bytes.push(input.bytes);
      if (input.ends === 'stream') ends.push(within(what, connection.ended(stream)));
    }
    connection.socket.write(Buffer.concat(bytes));
    await Promise.all(ends);
  }

  /** What follows unsound frames is anybody's guess, so they get a connection of their own, which the client ends. */
  async #sendAlone(index: number): Promise<void> {
    const connection = new RawConnection(this.server.grpcPort);
    const input: GrpcInput = makeGrpcInput(this.options.seed, index, connection.takeStream());
    connection.socket.end(input.bytes);
    await connection.closed;
  }

  async #restLane(): Promise<void> {
    let connection: RawHttp | undefined;
    for (let index = this.#take('rest'); index !== undefined; index = this.#take('rest')) {
      const { seed } = this.options;
      const input = makeRestInput(seed, index);
      const what = `REST input ${index} of seed ${seed}`;
      if (input.ends === 'close') {
        const own = new RawHttp(this.server.restPort);
        own.socket.end(input.bytes);
        await within(what, own.closed);
      } else {
        if (connection === undefined || connection.isClosed) connection = new RawHttp(this.server.restPort);
        const status = (await within(what, connection.ask(input.bytes))) ?? 0;
        this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
      }
      await this.#count(1);
    }
    connection?.socket.destroy();
  }

  async #count(inputs: number): Promise<void> {
    const before = Math.floor(this.#done / VALID_EVERY);
    this.#done += inputs;
    if (Math.floor(this.#done / VALID_EVERY) === before) return;
    await this.#checkValid();
    await this.options.onProgress?.(this.#done, async () => parseReport(await this.process.report()));
  }

  /** On connections that nobody has mistreated. */
  async #checkValid(): Promise<void> {
    if (this.#client.destroyed || this.#client.closed) this.#client = this.#connect();
    const message = validMessage(3);
    const head = Buffer.alloc(5);
    head.writeUInt32BE(message.length, 1);
    const path = '/inference.GRPCInferenceService/ModelInfer';
    const answer = await within('A valid gRPC request', ask(this.#client, { ':path': path }, Buffer.concat([head, message])));
    const floats = Buffer.from(Float32Array.of(0, 1, 2, 3, 4, 5).buffer);
    if (answer.code !== '0' || !answer.body.includes(floats))
      throw new Error(`A valid gRPC request was answered with ${answer.code} ${answer.message}`);
    await within('A valid REST request', this.#checkRest());
    this.#valid++;
  }

  async #checkRest(): Promise<void> {
    const inputs = '[{"name":"x","datatype":"FP32","shape":[1,2],"data":[1.5,-2]},{"name":"text","datatype":"BYTES","shape":[1],"data":["hi"]}]';
    const response = await fetch(`http://127.0.0.1:${this.server.restPort}/v2/models/echo/infer`, { method: 'POST', body: `{"inputs":${inputs}}` });
    const body = await response.text();
    if (response.status !== 200 || !body.includes('"data":[1.5,-2]') || !body.includes('"data":["hi"]'))
      throw new Error(`A valid REST request was answered with ${response.status} ${body.slice(0, 200)}`);
  }

  #connect(): ClientHttp2Session {
    const session = connect(`http://127.0.0.1:${this.server.grpcPort}`);
    session.on('error', () => undefined); // the next valid request says it
    return session;
  }
}

/** The whole of it: a server, inputs, and what is left when both have ended. */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const process = await startOwnProcess('./fuzz-process.js');
  try {
    return await new Fuzzer(parsePorts(process.ready), process, options).run();
  } finally {
    await process.stop();
  }
}
