/**
 * What serving costs: the same model and input called directly through onnxruntime-node and over gRPC through the runtime,
 * in turns, on one machine. Rates depend on the machine; their ratios are what can be compared between two runs.
 */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { ServerProcess } from '../runtime/server-process.js';
import { type BenchInput, InferClient } from './infer-client.js';
import { computeMedian, type Figures, measure } from './measure.js';

export interface BenchCase {
  readonly name: string;
  readonly modelPath: string;
  readonly input: BenchInput;
}

export interface BenchResult {
  readonly name: string;
  readonly threads: number;
  readonly direct: Figures;
  /** One caller. */
  readonly alone: Figures;
  /** CONCURRENCY callers over one connection. */
  readonly busy: Figures;
  /** CPU time of the server process per request while busy, in microseconds. */
  readonly serverCpuUs: number;
}

export const CONCURRENCY = 16;
const ROUNDS = 3;
const SECONDS = 2;
const MODEL = 'bench';

export async function runBench(bench: BenchCase): Promise<BenchResult> {
  const server = new ServerProcess([bench.modelPath, '--model-name', MODEL]);
  try {
    const address = await server.waitUntilReady();
    const client = new InferClient(address.grpc);
    const threads = Number((await server.waitForLog('Listened'))['threads']);
    const session = await InferenceSession.create(bench.modelPath, {
      intraOpNumThreads: threads,
      graphOptimizationLevel: 'all',
      logSeverityLevel: 4,
    });
    const direct = (): Promise<Uint8Array> => runDirect(session, bench.input);
    const overGrpc = (): Promise<Uint8Array> => client.infer(MODEL, bench.input);
    requireEqual(await direct(), await overGrpc());
    const result = await measureInTurns(direct, overGrpc, () => readCpuSeconds(address.metrics));
    client.close();
    await session.release();
    return { name: bench.name, threads, ...result };
  } finally {
    await server.stop();
  }
}

type Call = () => Promise<Uint8Array>;

async function measureInTurns(direct: Call, overGrpc: Call, cpuSeconds: () => Promise<number>): Promise<Omit<BenchResult, 'name' | 'threads'>> {
  await measure(1, CONCURRENCY, overGrpc); // both sides compile their code first
  await measure(0.5, 1, direct);
  const rounds: { direct: Figures; alone: Figures; busy: Figures; cpuUs: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const first = await measure(SECONDS, 1, direct);
    const alone = await measure(SECONDS, 1, overGrpc);
    const before = await cpuSeconds();
    const busy = await measure(SECONDS, CONCURRENCY, overGrpc);
    const cpuUs = (((await cpuSeconds()) - before) * 1e6) / (busy.perSecond * SECONDS);
    rounds.push({ direct: first, alone, busy, cpuUs });
  }
  const median = (read: (round: (typeof rounds)[number]) => Figures): Figures => computeMedian(rounds.map(read));
  const serverCpuUs = rounds.map((round) => round.cpuUs).sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
  return { direct: median((round) => round.direct), alone: median((round) => round.alone), busy: median((round) => round.busy), serverCpuUs };
}

async function runDirect(session: InferenceSession, input: BenchInput): Promise<Uint8Array> {
  const outputs = await session.run({ [input.name]: new Tensor('float32', input.values, input.shape) });
  const data = outputs[session.outputNames[0] ?? '']?.data;
  if (!(data instanceof Float32Array)) throw new Error('The first output is not FP32');
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function requireEqual(direct: Uint8Array, served: Uint8Array): void {
  if (Buffer.compare(direct, served) !== 0) throw new Error('The runtime answered other values than ONNX Runtime called directly');
}

async function readCpuSeconds(metrics: string): Promise<number> {
  const text = await (await fetch(`${metrics}/metrics`)).text();
  return Number(/^process_cpu_seconds_total (\S+)$/m.exec(text)?.[1]);
}
