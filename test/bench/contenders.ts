/** Servers and ONNX Runtime itself as contenders: each round says how often, at what cost, and that every answer was there. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { askOnce, headersOf, requireRight, urlOf } from './ask.js';
import type { BenchCase, Load } from './cases.js';
import { makeTensors } from './cases.js';
import { type H2loadRun, parseLatencies, runH2load } from './h2load.js';
import { readImageEnvironment } from './image-environment.js';
import { INFER_PATH, makeGrpcBody } from './infer-body.js';
import { type Contender, computeMedian, pickQuantile, type Round } from './measure.js';
import { readTreeCpuSeconds } from './proc.js';
import { BENCH_FOLDER, type RawProcess } from './raw-process.js';
import { findPort, Server, type ServerOptions } from './server.js';

export interface ServerLoad {
  readonly server: Server;
  readonly load: Load;
  /** Where canned bodies and logs lie. */
  readonly folder: string;
  readonly core: number;
  /** Open loop: questions come at this rate, whether answers do or not. */
  readonly requestsPerSecond?: number;
}

const SKIP_SECONDS = 0.5;

/** A server under load from h2load. A round rejects when an answer is wrong, missing or not the size of a right one. */
export function newServerContender(options: ServerLoad): Contender {
  return { name: options.server.name, measure: (seconds) => measureServer(options, seconds) };
}

async function measureServer({ server, load, folder, core, requestsPerSecond }: ServerLoad, seconds: number): Promise<Round> {
  const { question } = server.options;
  const bodyFile = join(folder, `body-${question.port}`);
  const logFile = join(folder, `log-${question.port}`);
  writeFileSync(bodyFile, question.body);
  requireRight(question, await askOnce(question));
  const before = readTreeCpuSeconds(server.pid);
  const run = await runH2load({
    ...load,
    url: urlOf(question),
    bodyFile,
    headers: headersOf(question.protocol),
    http1: question.protocol !== 'grpc',
    seconds,
    core,
    ...(requestsPerSecond === undefined ? {} : { requestsPerSecond, logFile }),
  });
  const cpuSeconds = readTreeCpuSeconds(server.pid) - before;
  requireRight(question, await askOnce(question));
  const refused = computeRefused(server, load, run);
  const isOpen = requestsPerSecond !== undefined;
  if (!isOpen && refused > 0)
    throw new Error(
      `"${server.name}" refused ${(100 * refused).toFixed(1)} % of ${run.done} requests: ${load.connections} × ${load.streams} at once`,
    );
  const lost = Math.max(refused, isOpen ? computeShortfall(run.done / run.seconds, requestsPerSecond) : 0);
  const times = isOpen ? parseLatencies(readFileSync(logFile, 'utf8'), SKIP_SECONDS) : [];
  rmSync(logFile, { force: true });
  return {
    perSecond: (run.done * (1 - refused)) / run.seconds,
    serverCpuUs: (cpuSeconds * 1e6) / run.done,
    clientCpuUs: (run.clientCpuSeconds * 1e6) / run.done,
    p50Ms: pickAnswered(times, 0.5, lost),
    p99Ms: pickAnswered(times, 0.99, lost),
    refused: lost,
  };
}

/** Questions that were to be asked and have no answer when time is over; a few are on their way, and connecting takes a moment. */
const OPEN_LOOP_SLACK = 0.05;

function computeShortfall(answered: number, offered: number): number {
  const share = 1 - answered / offered;
  return share > OPEN_LOOP_SLACK ? share : 0;
}

/** A refusal is an answer that never came: where more are missing than lie above the quantile, it is infinite. */
function pickAnswered(times: readonly number[], quantile: number, refused: number): number {
  return times.length > 0 && refused > 1 - quantile ? Number.POSITIVE_INFINITY : pickQuantile(times, quantile);
}

/** Numbers in JSON are not of one length. */
const JSON_SLACK = 0.05;

/**
 * A gRPC failure has HTTP status 200 and no message, so that the bytes of all answers betray it: each that counts must have
 * brought a right answer's, and those under way at the end no more than that. Throws on what is neither answer nor refusal.
 */
function computeRefused(server: Server, { connections, streams }: Load, { done, bad, dataBytes }: H2loadRun): number {
  const { bytes } = server.answer;
  const slack = server.options.question.protocol === 'json' ? JSON_SLACK : 0.001;
  const most = (done + connections * streams) * bytes;
  if (done === 0 || bad > 0) throw new Error(`"${server.name}" answered ${done} requests and failed ${bad}`);
  if (dataBytes > most * (1 + slack))
    throw new Error(`"${server.name}" answered ${dataBytes} bytes; right answers to ${done} requests have ${most} at most`);
  const share = 1 - dataBytes / (done * bytes);
  return share > slack ? share : 0;
}

/** ONNX Runtime in process, at its best batch size. */
export function newRawContender(raw: RawProcess, rows: number): Contender {
  return {
    name: `ONNX Runtime in process, batch ${rows}`,
    measure: async (seconds) => {
      const { rowsPerSecond, cpuUsPerRow } = await raw.measure({ rows, seconds });
      return { perSecond: rowsPerSecond, serverCpuUs: cpuUsPerRow, clientCpuUs: Number.NaN, p50Ms: Number.NaN, p99Ms: Number.NaN, refused: 0 };
    },
  };
}

/** The batch size with most rows per second, median of three rounds each. */
export async function sweepBatch(
  raw: RawProcess,
  sizes: readonly number[],
  seconds: number,
): Promise<{ rows: number; swept: Record<string, number> }> {
  const found = new Map<number, number[]>(sizes.map((rows) => [rows, []]));
  for (let round = 0; round < 3; round++)
    for (const [rows, rates] of found) rates.push((await raw.measure({ rows, seconds: seconds / 3 })).rowsPerSecond);
  const medians = [...found].map(([rows, rates]) => ({ rows, rate: computeMedian(rates) }));
  const best = medians.reduce((a, b) => (b.rate > a.rate ? b : a));
  return { rows: best.rows, swept: Object.fromEntries(medians.map(({ rows, rate }) => [rows, Math.round(rate)])) };
}

export interface StartOptions {
  readonly bench: BenchCase;
  readonly want: Float32Array;
  readonly cores: readonly number[];
  readonly name?: string;
}

/** `slipway serve` as the image starts it: it chooses workers and threads from the cores that it may use. */
export async function startSlipway(options: StartOptions): Promise<Server> {
  const port = await findPort();
  const ports = ['--grpc-port', String(port), '--rest-port', '0', '--metrics-port', '0'];
  const script = join(BENCH_FOLDER, '..', '..', 'runtime', 'main.js');
  const args = [script, 'serve', options.bench.modelPath, '--model-name', 'bench', ...ports];
  return await startNode(options, { name: 'Slipway', args, port, want: options.want, env: readImageEnvironment() });
}

export async function startNaive(options: StartOptions): Promise<Server> {
  const port = await findPort();
  const args = [join(BENCH_FOLDER, 'naive.js'), String(port), options.bench.modelPath, '1'];
  return await startNode(options, { name: 'naive grpc-js server', args, port, want: options.want });
}

/** Our transport without anything behind it. */
export function startNull(options: StartOptions): Promise<Server> {
  return startCanned(options, 'null server', 'null-server.js');
}

/** node:http2 without anything behind it. */
export function startNodeNull(options: StartOptions): Promise<Server> {
  return startCanned(options, 'null server on node:http2', 'node-null-server.js');
}

/** Its answer has as many values as a right one, and it is started as the image starts Slipway. */
async function startCanned(options: StartOptions, name: string, script: string): Promise<Server> {
  const port = await findPort();
  const args = [join(BENCH_FOLDER, script), String(port), String(options.want.length)];
  return await startNode(options, { name, args, port, want: undefined, env: readImageEnvironment() });
}

interface NodeServer {
  readonly name: string;
  readonly args: readonly string[];
  readonly port: number;
  readonly want: Float32Array | undefined;
  readonly env?: Readonly<Record<string, string>>;
}

function startNode({ bench, cores, name }: StartOptions, { name: ownName, args, port, want, env }: NodeServer): Promise<Server> {
  const body = makeGrpcBody(makeTensors(bench.inputs, 1));
  const options: ServerOptions = {
    name: name ?? ownName,
    command: process.execPath,
    args,
    cores,
    ...(env === undefined ? {} : { env }),
    question: { protocol: 'grpc', port, path: INFER_PATH, body, want },
  };
  return Server.start(options);
}
