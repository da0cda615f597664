/**
 * What reading and writing one ModelInfer message costs: the hand-written codec against protobufjs followed by the plain conversion,
 * in turns, in one process. Only the ratios can be compared between machines.
 */
import { loadInferenceService } from '../../proto/load.js';
import type { Datatype } from '../../runtime/core/datatype.js';
import { encodeInferRequest } from '../../runtime/wire/encode-infer-request.js';
import { decodeInferRequest } from '../../runtime/wire/infer-request.js';
import { encodeInferResponse } from '../../runtime/wire/infer-response.js';
import { joinMessage } from '../../runtime/wire/wire-writer.js';
import { decodeReference } from '../wire/reference-decoder.js';
import { computeMedian } from './measure.js';

export interface CodecFigures {
  readonly name: string;
  readonly messageBytes: number;
  /** Microseconds for one message, median of the rounds. */
  readonly oursUs: number;
  readonly protobufjsUs: number;
  /** How many times as long protobufjs takes: median of the rounds' ratios. */
  readonly ratio: number;
}

const ROUNDS = 7;

interface CodecCase {
  readonly name: string;
  readonly message: Buffer;
  readonly ours: () => unknown;
  readonly protobufjs: () => unknown;
}

/** About `secondsPerCase` for each of the five cases. */
export function benchCodec(secondsPerCase = 2): CodecFigures[] {
  return [...decodeCases(), encodeCase()].map((bench) => runCase(bench, secondsPerCase));
}

function decodeCases(): CodecCase[] {
  const { requestDeserialize } = loadInferenceService().ModelInfer;
  const floats = new Uint8Array(Float32Array.from({ length: 150_000 }, (_, index) => Math.sin(index)).buffer);
  const tokens = new Uint8Array(BigInt64Array.from({ length: 640 }, (_, index) => BigInt((index * 7919) % 30_000)).buffer);
  const make = (name: string, datatype: Datatype, data: Uint8Array, isTyped: boolean): CodecCase => {
    const shape = [1, data.byteLength / (datatype === 'INT64' ? 8 : 4)];
    const message = joinMessage(encodeInferRequest({ model: 'bench', inputs: [{ name: 'x', datatype, shape, data }], isTyped, id: '1' }));
    return {
      name: `decode ${name}`,
      message,
      ours: () => decodeInferRequest(message),
      protobufjs: () => decodeReference(requestDeserialize(message)),
    };
  };
  return [
    make('600 KB raw', 'FP32', floats, false),
    make('600 KB fp32_contents', 'FP32', floats, true),
    make('tiny MLP, 3 KB raw', 'FP32', floats.subarray(0, 784 * 4), false),
    make('int64_contents of 640 tokens', 'INT64', tokens, true),
  ];
}

function encodeCase(): CodecCase {
  const { responseSerialize } = loadInferenceService().ModelInfer;
  const output = { name: 'y', datatype: 'FP32', shape: [1, 10], data: new Uint8Array(40) } as const;
  const answer = { model: 'bench', version: '1', outputs: [output] };
  const request = { id: '1', isTyped: false };
  const { name, datatype, shape, data } = output;
  const theirs = () =>
    responseSerialize({
      model_name: answer.model,
      model_version: answer.version,
      id: request.id,
      outputs: [{ name, datatype, shape: [...shape] }],
      raw_output_contents: [data],
    });
  const ours = () => encodeInferResponse(answer, request);
  return { name: 'encode tiny MLP', message: joinMessage(ours()), ours, protobufjs: theirs };
}

function runCase({ name, message, ours, protobufjs }: CodecCase, seconds: number): CodecFigures {
  const slice = (seconds * 1000) / (2 * (ROUNDS + 1));
  timeUs(ours, slice); // the compiler has its say first
  timeUs(protobufjs, slice);
  const rounds = Array.from({ length: ROUNDS }, () => ({ own: timeUs(ours, slice), other: timeUs(protobufjs, slice) }));
  const median = (read: (round: (typeof rounds)[number]) => number): number => computeMedian(rounds.map(read));
  return {
    name,
    messageBytes: message.length,
    oursUs: median(({ own }) => own),
    protobufjsUs: median(({ other }) => other),
    ratio: median(({ own, other }) => other / own),
  };
}

/** Microseconds for one call, over at least `milliseconds`; the clock is read every 16 calls. */
function timeUs(call: () => unknown, milliseconds: number): number {
  const started = performance.now();
  let calls = 0;
  for (let now = started; now - started < milliseconds; now = performance.now()) {
    for (let left = 16; left > 0; left--) call();
    calls += 16;
  }
  return ((performance.now() - started) * 1000) / calls;
}
