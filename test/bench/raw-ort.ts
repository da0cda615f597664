/**
 * The limit: ONNX Runtime called in a loop by a process that does nothing else. It runs as a child with an IPC channel, so that
 * its rounds can be taken in turns with a server's. Arguments: case, model, threads.
 */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { InputSpec } from './cases.js';
import { makeTensors } from './cases.js';

export interface RawRequest {
  readonly rows: number;
  readonly seconds: number;
}

export interface RawReply {
  readonly rowsPerSecond: number;
  readonly cpuUsPerRow: number;
  /** Of the last run's first output. */
  readonly values: readonly number[];
}

const [modelPath = '', specText = '[]', threads = '1'] = process.argv.slice(2);
const specs: readonly InputSpec[] = JSON.parse(specText);
const session = await InferenceSession.create(modelPath, {
  intraOpNumThreads: Number(threads),
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  logSeverityLevel: 4,
});
process.on('message', (message: RawRequest) => {
  measureRows(message).then(
    (reply) => process.send?.(reply),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));

async function measureRows({ rows, seconds }: RawRequest): Promise<RawReply> {
  const feeds = Object.fromEntries(makeTensors(specs, rows).map(({ name, datatype, shape, bytes }) => [name, toTensor(datatype, shape, bytes)]));
  let outputs = await session.run(feeds);
  const cpu = process.cpuUsage();
  const start = performance.now();
  const end = start + seconds * 1000;
  let done = 0;
  for (; performance.now() < end; done += rows) outputs = await session.run(feeds);
  const elapsed = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const data = outputs[session.outputNames[0] ?? '']?.data;
  if (!(data instanceof Float32Array)) throw new Error('The first output is not FP32');
  return { rowsPerSecond: done / elapsed, cpuUsPerRow: (user + system) / Math.max(1, done), values: rows === 1 ? [...data] : [] };
}

function toTensor(datatype: InputSpec['datatype'], shape: readonly number[], { buffer }: Uint8Array<ArrayBuffer>): Tensor {
  return datatype === 'INT64' ? new Tensor('int64', new BigInt64Array(buffer), shape) : new Tensor('float32', new Float32Array(buffer), shape);
}
