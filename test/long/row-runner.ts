/**
 * Runs models with rows alone and in a batch, in a process of its own: Jest's realms have typed arrays that ONNX Runtime does not take
 * for its own, and a fault in a kernel must not end the test without a word. One JSON line in, one out:
 * { model: base64, axis } → { outcome: "alike" | "different" | "fails" }, "fails" when even a row alone does not run.
 */
import process from 'node:process';
import { createInterface } from 'node:readline';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const ROWS = [0, 1, 2];
const ROW_SHAPE = [3, 4];

/** Values of a row of an input: no two alike, so that a mixed-up row shows. */
function rowOf(input: number, row: number): readonly number[] {
  return Array.from({ length: 12 }, (_, index) => Math.sin(1 + index + 17 * row + 101 * input) * (row + 1));
}

async function run(session: InferenceSession, rows: readonly number[]): Promise<Tensor | undefined> {
  const feed = (input: number) => new Tensor('float32', Float32Array.from(rows.flatMap((row) => rowOf(input, row))), [rows.length, ...ROW_SHAPE]);
  try {
    return (await session.run({ x: feed(0), z: feed(1) }))['y'];
  } catch {
    return undefined;
  }
}

/** Row `row` of a tensor along `axis`. */
function rowFrom(tensor: Tensor, axis: number, row: number): number[] {
  const inner = tensor.dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const span = inner * (tensor.dims[axis] ?? 1);
  const outer = span === 0 ? 0 : tensor.data.length / span;
  return Array.from({ length: outer * inner }, (_, index) => Number(tensor.data[Math.floor(index / inner) * span + row * inner + (index % inner)]));
}

function isClose(a: number, b: number): boolean {
  return Object.is(a, b) || Math.abs(a - b) <= 1e-4 * Math.max(1, Math.abs(a), Math.abs(b));
}

async function compare(session: InferenceSession, axis: number): Promise<'alike' | 'different' | 'fails'> {
  const alone: Tensor[] = [];
  for (const row of ROWS) {
    const one = await run(session, [row]);
    if (one === undefined) return 'fails';
    alone.push(one);
  }
  const batch = await run(session, ROWS);
  if (batch === undefined || batch.dims[axis] !== ROWS.length) return 'different';
  const isAlike = alone.every((one, row) => {
    if (one.dims[axis] !== 1) return false;
    const [want, got] = [rowFrom(one, axis, 0), rowFrom(batch, axis, row)];
    return want.length === got.length && want.every((value, index) => isClose(value, got[index] ?? Number.NaN));
  });
  return isAlike ? 'alike' : 'different';
}

async function answer(line: string): Promise<string> {
  const { model, axis }: { model: string; axis: number } = JSON.parse(line);
  let session: InferenceSession;
  try {
    session = await InferenceSession.create(Buffer.from(model, 'base64'), { logSeverityLevel: 4, intraOpNumThreads: 1 });
  } catch {
    return 'fails';
  }
  const outcome = await compare(session, axis);
  await session.release();
  return outcome;
}

for await (const line of createInterface({ input: process.stdin })) process.stdout.write(`${JSON.stringify({ outcome: await answer(line) })}\n`);
