/** The mix of a soak: sizes, errors, cancels and disconnects, drawn from a seed. */
import type { BenchCase } from './cases.js';
import { makeTensors } from './cases.js';
import { frameMessage, makeGrpcBody } from './infer-body.js';

export interface MixEntry {
  readonly kind: string;
  /** Of 10,000 requests. */
  readonly weight: number;
  readonly body: Buffer<ArrayBuffer>;
  /** The status that is right, "failure" for any but 0; undefined for one that is abandoned. */
  readonly status: string | undefined;
  readonly abandon?: 'cancel' | 'disconnect';
}

/** Models "mlp" and "reduce". */
export function makeMix(mlp: BenchCase, reduce: BenchCase): MixEntry[] {
  const rows = (count: number) => makeGrpcBody(makeTensors(mlp.inputs, count), 'mlp');
  const wrong = makeTensors(mlp.inputs, 1).map((tensor) => ({ ...tensor, shape: [1, 783] }));
  return [
    { kind: '1 row', weight: 6200, body: rows(1), status: '0' },
    { kind: '8 rows', weight: 1000, body: rows(8), status: '0' },
    { kind: '64 rows', weight: 100, body: rows(64), status: '0' },
    { kind: '600 KB', weight: 100, body: makeGrpcBody(makeTensors(reduce.inputs, 1), 'reduce'), status: '0' },
    { kind: 'wrong shape', weight: 800, body: makeGrpcBody(wrong, 'mlp'), status: '3' },
    { kind: 'unknown model', weight: 500, body: makeGrpcBody(makeTensors(mlp.inputs, 1), 'nobody'), status: '5' },
    { kind: 'garbage', weight: 200, body: GARBAGE, status: 'failure' },
    { kind: 'cancelled', weight: 1095, body: rows(1), status: undefined, abandon: 'cancel' },
    { kind: 'disconnected', weight: 5, body: rows(8), status: undefined, abandon: 'disconnect' },
  ];
}

/** Not protobuf: which status it gets is the fuzz tests' business; it is here because it must leave nothing behind. */
const GARBAGE: Buffer<ArrayBuffer> = frameMessage(Uint8Array.from({ length: 64 }, (_, index) => (index * 37 + 255) & 255));

/** Numbers in [0, 1) from a seed (mulberry32, public domain). */
export function newRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** An entry by its weight. `at` is in [0, 1). */
export function pickEntry(mix: readonly MixEntry[], at: number): MixEntry {
  const total = mix.reduce((sum, { weight }) => sum + weight, 0);
  let rest = at * total;
  for (const entry of mix) {
    rest -= entry.weight;
    if (rest < 0) return entry;
  }
  throw new Error(`${at} is not in [0, 1)`);
}
