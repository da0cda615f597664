/** Memory over time: what the server holds after the first tenth of many mixed requests, after all of them, and after a burst. */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { type ClientHttp2Session, connect, constants } from 'node:http2';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { headersOf, type Question, urlOf } from './ask.js';
import type { BenchCase } from './cases.js';
import { makeTensors } from './cases.js';
import { runH2load } from './h2load.js';
import { readImageEnvironment } from './image-environment.js';
import { INFER_PATH, makeGrpcBody } from './infer-body.js';
import { computeMedian } from './measure.js';
import { readTreeRssBytes } from './proc.js';
import { BENCH_FOLDER, RawProcess } from './raw-process.js';
import { findPort, Server } from './server.js';
import { type MixEntry, makeMix, newRandom, pickEntry } from './soak-mix.js';
import { CLIENT_CORE, SERVER_CORE } from './suite.js';

export interface SoakReport {
  readonly requests: number;
  readonly tenthMb: number;
  readonly endMb: number;
  /** End over tenth. */
  readonly growth: number;
  readonly burstMb: number;
  readonly afterBurstMb: number;
  readonly afterBurst: number;
  readonly afterBurstSeconds: number;
  /** How often each kind ended how. */
  readonly outcomes: Readonly<Record<string, number>>;
}

export interface SoakOptions {
  readonly mlp: BenchCase;
  readonly reduce: BenchCase;
  readonly folder: string;
  /** A tenth of them come first. */
  readonly requests: number;
  readonly say: (text: string) => void;
}

const SESSIONS = 8;
const IN_FLIGHT = 64;
const HANG_MS = 20_000;
const MB = 1e6;

/** Rejects when a request gets another status than the right one, or none in time. */
export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const { requests, say } = options;
  const server = await startBoth(options);
  try {
    const client = new SoakClient(server.options.question.port, makeMix(options.mlp, options.reduce));
    await client.send(requests / 10);
    const tenth = await readSettledRss(server.pid);
    say(`  ${requests / 10} requests: ${(tenth / MB).toFixed(1)} MB`);
    for (let part = 1; part < 10; part++) await client.send(requests / 10);
    const end = await readSettledRss(server.pid);
    say(`  ${requests} requests: ${(end / MB).toFixed(1)} MB`);
    client.close();
    const burst = await measureBurst(server, options, end);
    return { requests, tenthMb: tenth / MB, endMb: end / MB, growth: end / tenth, ...burst, outcomes: Object.fromEntries(client.outcomes) };
  } finally {
    await server.stop();
  }
}

/** Both models in one process, each under its own name. */
async function startBoth({ mlp, reduce, folder }: SoakOptions): Promise<Server> {
  const store = join(folder, 'store');
  for (const { key, modelPath } of [mlp, reduce]) {
    mkdirSync(join(store, key, '1'), { recursive: true });
    copyFileSync(modelPath, join(store, key, '1', 'model.onnx'));
  }
  const port = await findPort();
  const question = await makeQuestion(mlp, port);
  const others = [await makeQuestion(reduce, port)]; // a server answers for a model that is loaded while it loads the next one
  const script = join(BENCH_FOLDER, '..', '..', 'runtime', 'main.js');
  return await Server.start({
    name: 'Slipway',
    command: process.execPath,
    args: [script, 'serve', store, '--grpc-port', String(port), '--rest-port', '0', '--metrics-port', '0'],
    env: readImageEnvironment(),
    cores: [SERVER_CORE],
    question,
    others,
  });
}

async function makeQuestion(bench: BenchCase, port: number): Promise<Question> {
  const raw = new RawProcess(bench, SERVER_CORE);
  const want = await raw.answer();
  raw.stop();
  return { protocol: 'grpc', port, path: INFER_PATH, body: makeGrpcBody(makeTensors(bench.inputs, 1), bench.key), want };
}

/** Longer than the rest after which the server gives back V8's young generation (runtime/idle-watch.ts). */
const REST_MS = 25_000;

/** The median of a second, after a rest. */
async function readSettledRss(pid: number): Promise<number> {
  await sleep(REST_MS);
  const samples: number[] = [];
  for (let sample = 0; sample < 10; sample++) {
    samples.push(readTreeRssBytes(pid));
    await sleep(100);
  }
  return computeMedian(samples);
}

/** 600 KB bodies from 64 connections for three seconds; then up to 60 s until memory is back. */
async function measureBurst(server: Server, { reduce, folder }: SoakOptions, idle: number) {
  const bodyFile = join(folder, 'burst');
  writeFileSync(bodyFile, makeGrpcBody(makeTensors(reduce.inputs, 1), 'reduce'));
  const load = { connections: 64, streams: 4, url: urlOf(server.options.question), bodyFile, headers: headersOf('grpc'), http1: false };
  const running = runH2load({ ...load, seconds: 3, core: CLIENT_CORE });
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, readTreeRssBytes(server.pid))), 100);
  await running.finally(() => clearInterval(watch));
  const start = performance.now();
  for (;;) {
    await sleep(1000);
    const bytes = readTreeRssBytes(server.pid);
    const seconds = (performance.now() - start) / 1000;
    if (bytes > idle * 1.3 && seconds < 60) continue;
    return { burstMb: most / MB, afterBurstMb: bytes / MB, afterBurst: bytes / idle, afterBurstSeconds: seconds };
  }
}

/** A neighbour's disconnect takes what is under way on the same connection. */
const LOST = 'lost with its connection';

function describeOutcome(want: string | undefined, session: ClientHttp2Session, status: unknown): string {
  if (want === undefined) return 'abandoned';
  return status === undefined && session.destroyed ? LOST : String(status);
}

/** Sends the mix over a few connections, a bounded number at a time. */
class SoakClient {
  readonly outcomes = new Map<string, number>();
  readonly #sessions: ClientHttp2Session[];
  readonly #random = newRandom(4);

  constructor(
    private readonly port: number,
    private readonly mix: readonly MixEntry[],
  ) {
    this.#sessions = Array.from({ length: SESSIONS }, () => this.#connect());
  }

  async send(count: number): Promise<void> {
    let left = count;
    const sender = async (): Promise<void> => {
      while (left-- > 0) await this.#sendOne(pickEntry(this.mix, this.#random()), Math.floor(this.#random() * SESSIONS));
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, sender));
  }

  close(): void {
    for (const session of this.#sessions) session.destroy();
  }

  async #sendOne(entry: MixEntry, at: number): Promise<void> {
    const session = this.#take(at);
    const stream = session.request({ ':method': 'POST', ':path': INFER_PATH, ...headersOf('grpc') });
    let status: unknown;
    let hung = false;
    for (const event of ['response', 'trailers']) stream.on(event, (headers: Record<string, unknown>) => (status ??= headers['grpc-status']));
    stream.on('error', () => undefined); // of a stream that was abandoned, or whose connection was
    stream.on('data', () => undefined);
    const timer = setTimeout(() => {
      hung = true;
      stream.close(constants.NGHTTP2_CANCEL);
    }, HANG_MS);
    stream.end(entry.body);
    if (entry.abandon === 'cancel') setImmediate(() => stream.close(constants.NGHTTP2_CANCEL));
    if (entry.abandon === 'disconnect') setImmediate(() => session.destroy());
    await new Promise<void>((resolve) => (stream.destroyed ? resolve() : stream.once('close', resolve))); // `once` of events would reject at an error
    clearTimeout(timer);
    if (hung) throw new Error(`A request (${entry.kind}) got no answer in ${HANG_MS / 1000} s`);
    this.#count(entry, session, status);
  }

  #count({ kind, status: want }: MixEntry, session: ClientHttp2Session, status: unknown): void {
    const outcome = describeOutcome(want, session, status);
    const key = `${kind}: ${outcome}`;
    this.outcomes.set(key, (this.outcomes.get(key) ?? 0) + 1);
    if (want === undefined || outcome === LOST || outcome === want) return;
    if (want !== 'failure' || outcome === '0') throw new Error(`A request (${kind}) got status ${outcome}, and ${want} is right`);
  }

  #take(at: number): ClientHttp2Session {
    const session = this.#sessions[at];
    if (session !== undefined && !session.destroyed && !session.closed) return session;
    const fresh = this.#connect();
    this.#sessions[at] = fresh;
    return fresh;
  }

  #connect(): ClientHttp2Session {
    const session = connect(`http://127.0.0.1:${this.port}`);
    session.on('error', () => undefined); // the streams report it
    return session;
  }
}
