/**
 * Malformed gRPC calls by number: a valid call of the echo model with something changed in its protobuf, its length prefixes,
 * its headers, its frames, or in when it ends. The same seed and index give the same call.
 */
import { deflateSync, gzipSync } from 'node:zlib';
import { Chance } from '../wire/chance.js';
import { generateMessage } from '../wire/generate-message.js';
import { lengthDelimited, textField, varintField } from '../wire/wire-fields.js';
import { encodeHeaders, FLAG, FRAME, frame, type HeaderList, reset, settings, windowUpdate } from './http2-frames.js';

export interface GrpcInput {
  /** For its stream; several frames. */
  readonly bytes: Buffer;
  /** 'stream': it must end by itself; 'none': the client ended it; 'connection': the frames are not sound, the connection must close. */
  readonly ends: 'stream' | 'none' | 'connection';
}

const INFER = '/inference.GRPCInferenceService/ModelInfer';
const METHODS = [
  'ModelStreamInfer',
  'ServerLive',
  'ServerReady',
  'ModelReady',
  'ServerMetadata',
  'ModelMetadata',
  'ModelConfig',
  'ModelStatistics',
  'RepositoryIndex',
  'RepositoryModelLoad',
  'RepositoryModelUnload',
  'SystemSharedMemoryStatus',
  'SystemSharedMemoryRegister',
  'SystemSharedMemoryUnregister',
  'CudaSharedMemoryStatus',
  'TraceSetting',
  'LogSettings',
  'Nothing',
].map((name) => `/inference.GRPCInferenceService/${name}`);
const OTHERS = [...METHODS, '/grpc.health.v1.Health/Check', '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo', '/', '', '//', '/a/b/c'];

export function makeGrpcInput(seed: number, index: number, stream: number): GrpcInput {
  const chance = new Chance(seed, index);
  const kind = chance.next();
  const path = chance.isTrue(0.75) ? INFER : chance.pick(OTHERS);
  const body = prefixed(chance, makeMessage(chance, seed, index));
  const headers = frame(FRAME.headers, FLAG.endHeaders, stream, encodeHeaders(makeHeaders(chance, path)));
  if (kind < 0.9) return { bytes: Buffer.concat([headers, ...dataFrames(chance, stream, body)]), ends: 'stream' };
  if (kind < 0.96) return { bytes: Buffer.concat([headers, ...cutShort(chance, stream, body)]), ends: 'none' };
  return { bytes: breakFrames(chance, stream, Buffer.concat([headers, ...dataFrames(chance, stream, body)])), ends: 'connection' };
}

/** A message of x [n,2] and text [n]. */
export function validMessage(rows: number): Buffer {
  const raw = Buffer.from(Float32Array.from({ length: 2 * rows }, (_, index) => index).buffer);
  const words = Buffer.concat(Array.from({ length: rows }, () => Buffer.from([2, 0, 0, 0, 0x68, 0x69])));
  const x = Buffer.concat([textField(1, 'x'), textField(2, 'FP32'), varintField(3, BigInt(rows)), varintField(3, 2n)]);
  const text = Buffer.concat([textField(1, 'text'), textField(2, 'BYTES'), varintField(3, BigInt(rows))]);
  return Buffer.concat([textField(1, 'echo'), lengthDelimited(5, x), lengthDelimited(5, text), lengthDelimited(7, raw), lengthDelimited(7, words)]);
}

function makeMessage(chance: Chance, seed: number, index: number): Buffer {
  const kind = chance.next();
  if (kind < 0.25) return Buffer.concat([textField(1, 'echo'), generateMessage(seed, index).bytes]);
  if (kind < 0.85) return chance.isTrue(0.4) ? mutateBytes(chance, changedMessage(chance)) : changedMessage(chance);
  if (kind < 0.95) return mutateBytes(chance, validMessage(chance.integer(5)));
  return chance.bytes(chance.integer(200));
}

const DATATYPES = ['FP32', 'FP32', 'FP32', 'BYTES', 'INT8', 'FP16', 'BF16', 'BOOL', '', 'FP', 'nonsense'];
const SIZES = [0n, 1n, 2n, 3n, 5n, -1n, 1n << 31n, 1n << 40n, 1n << 62n, -(1n << 63n)];

/** The parts of a valid message, some of them wrong, missing, twice or elsewhere. */
function changedMessage(chance: Chance): Buffer {
  const rows = chance.integer(4);
  const dims = (rank: number): Buffer[] =>
    Array.from({ length: chance.isTrue(0.9) ? rank : chance.integer(12) }, (_, axis) =>
      varintField(3, chance.isTrue(0.85) ? BigInt(axis === 0 ? rows : 2) : chance.pick(SIZES)),
    );
  const input = (name: string, datatype: string, rank: number): Buffer =>
    lengthDelimited(
      5,
      Buffer.concat(
        scramble(chance, [
          textField(1, name),
          textField(2, chance.isTrue(0.85) ? datatype : chance.pick(DATATYPES)),
          ...dims(rank),
          ...contents(chance),
        ]),
      ),
    );
  const raw = [8 * rows, 6 * rows].map((size) => lengthDelimited(7, chance.isTrue(0.9) ? chance.bytes(size) : chance.bytes(chance.integer(64))));
  const output = lengthDelimited(6, textField(1, chance.pick(['y', 'echo', 'z', ''])));
  const parameter = lengthDelimited(
    4,
    Buffer.concat([
      textField(1, chance.pick(['priority', 'timeout', 'sequence_id', 'sequence_start', 'x'])),
      lengthDelimited(2, varintField(2, chance.pick(SIZES))),
    ]),
  );
  const parts = [
    textField(1, chance.isTrue(0.95) ? 'echo' : chance.pick(['', 'nobody', '../echo', 'e'.repeat(300)])),
    input('x', 'FP32', 2),
    input('text', 'BYTES', 1),
    ...raw,
  ];
  return Buffer.concat(scramble(chance, [...parts, ...(chance.isTrue(0.3) ? [output] : []), ...(chance.isTrue(0.2) ? [parameter] : [])]));
}

function contents(chance: Chance): Buffer[] {
  if (chance.isTrue(0.93)) return [];
  const packed = lengthDelimited(chance.pick([1, 2, 3, 4, 5, 6, 7, 8]), chance.bytes(chance.integer(24)));
  return [lengthDelimited(5, packed)];
}

function scramble(chance: Chance, parts: readonly Buffer[]): Buffer[] {
  const kept = parts.flatMap((part) => (chance.isTrue(0.012) ? [] : chance.isTrue(0.012) ? [part, part] : [part]));
  return chance.isTrue(0.1) ? chance.shuffle(kept) : kept;
}

export function mutateBytes(chance: Chance, whole: Buffer): Buffer {
  let bytes = Buffer.from(whole);
  for (let left = 1 + chance.integer(4); left > 0; left--) {
    const at = chance.integer(bytes.length + 1);
    const choice = chance.integer(5);
    if (choice === 0) bytes = Buffer.concat([bytes.subarray(0, at), chance.bytes(1 + chance.integer(8)), bytes.subarray(at)]);
    else if (choice === 1) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + chance.integer(8))]);
    else if (choice === 2 && chance.isTrue(0.2)) bytes = bytes.subarray(0, at);
    else if (at < bytes.length) bytes[at] = chance.isTrue(0.5) ? chance.integer(256) : (bytes[at] ?? 0) ^ (1 << chance.integer(8));
  }
  return bytes;
}

/** gRPC's five bytes, mostly right. */
function prefixed(chance: Chance, message: Buffer): Buffer {
  const zipped = chance.isTrue(0.06) ? chance.pick([gzipSync, deflateSync])(message, { level: 1 }) : message;
  const head = Buffer.from([zipped === message ? 0 : 1, 0, 0, 0, 0]);
  head.writeUInt32BE(zipped.length, 1);
  if (chance.isTrue(0.05)) head[0] = chance.integer(256);
  if (chance.isTrue(0.06))
    head.writeUInt32BE(chance.pick([0, 1, zipped.length + 1, Math.max(0, zipped.length - 1), 0x7fffffff, 0xffffffff, 64 * 1024 * 1024]), 1);
  const whole = Buffer.concat([head, zipped]);
  if (chance.isTrue(0.03)) return whole.subarray(0, chance.integer(8));
  return chance.isTrue(0.03) ? Buffer.concat([whole, whole]) : whole;
}

const ODD_HEADERS: HeaderList = [
  ['grpc-timeout', '1S'],
  ['grpc-timeout', '0n'],
  ['grpc-timeout', '-1S'],
  ['grpc-timeout', '999999999H'],
  ['grpc-timeout', '1m'],
  ['grpc-encoding', 'gzip'],
  ['grpc-encoding', 'deflate'],
  ['grpc-encoding', 'br'],
  ['grpc-encoding', ''],
  ['content-length', '5'],
  ['content-length', 'x'],
  ['x-big', 'b'.repeat(9000)],
  ['x-request-id', '\u00e4\u00f6'],
  ['x-bin', '!!'],
  ['connection', 'keep-alive'],
  ['Upper', 'x'],
  ['te', 'gzip'],
  [':path', '/twice'],
  [':late', 'x'],
  ['', ''],
  ['x\u0000', 'y'],
  ['x', Buffer.from([0xff, 0xfe])],
  ['cookie', 'a=b'],
  ['trailer', 'grpc-status'],
  ['expect', '100-continue'],
];

function makeHeaders(chance: Chance, path: string): HeaderList {
  const usual: HeaderList = [
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', path],
    [':authority', 'x'],
    ['content-type', 'application/grpc'],
    ['te', 'trailers'],
  ];
  const kept = chance.isTrue(0.95) ? usual : usual.flatMap((pair) => (chance.isTrue(0.2) ? [] : ([pair] as HeaderList)));
  const changed = chance.isTrue(0.97)
    ? kept
    : kept.map(([name, value]) => [name, chance.isTrue(0.3) ? chance.pick(['GET', 'text/plain', '', 'x']) : value] as const);
  return chance.isTrue(0.85) ? changed : [...changed, chance.pick(ODD_HEADERS), ...(chance.isTrue(0.3) ? [chance.pick(ODD_HEADERS)] : [])];
}

/** In one frame or several, some of them empty or padded. */
function dataFrames(chance: Chance, stream: number, body: Buffer): Buffer[] {
  if (body.length < 16_000 && chance.isTrue(0.8)) return [frame(FRAME.data, FLAG.endStream, stream, body)];
  const frames: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const size = Math.min(body.length - at, 1 + chance.integer(chance.isTrue(0.5) ? 8 : 8000));
    frames.push(
      chance.isTrue(0.1)
        ? frame(FRAME.data, FLAG.padded, stream, Buffer.concat([Buffer.of(3), body.subarray(at, at + size), Buffer.alloc(3)]))
        : frame(FRAME.data, FLAG.none, stream, body.subarray(at, at + size)),
    );
    if (chance.isTrue(0.1)) frames.push(frame(FRAME.data, FLAG.none, stream));
    at += size;
  }
  return [...frames, frame(FRAME.data, FLAG.endStream, stream)];
}

/** The client goes away from its own call. */
function cutShort(chance: Chance, stream: number, body: Buffer): Buffer[] {
  const begun = chance.isTrue(0.3)
    ? []
    : [
        frame(
          FRAME.data,
          chance.isTrue(0.3) ? FLAG.endStream : FLAG.none,
          stream,
          body.subarray(0, chance.integer(Math.min(16_000, body.length) + 1)),
        ),
      ];
  return [...begun, reset(stream, chance.pick([0, 1, 8, 99]))];
}

function breakFrames(chance: Chance, stream: number, sound: Buffer): Buffer {
  const odd = [
    frame(chance.integer(256), chance.integer(256), chance.pick([0, 1, stream, stream + 1, 2 ** 31 + 1]), chance.bytes(chance.integer(64))),
    frame(FRAME.continuation, FLAG.endHeaders, stream, chance.bytes(8)),
    frame(FRAME.data, FLAG.endStream, 0, chance.bytes(8)),
    frame(FRAME.headers, FLAG.endStream | FLAG.endHeaders, stream, chance.bytes(32)),
    frame(FRAME.settings, FLAG.none, 0, chance.bytes(chance.integer(13))),
    settings([4, 2 ** 32 - 1], [5, 1]),
    windowUpdate(chance.pick([0, stream]), chance.pick([0, 2 ** 31 - 1])),
    frame(FRAME.push, FLAG.endHeaders, stream, chance.bytes(8)),
    frame(FRAME.goaway, FLAG.none, 0, chance.bytes(8)),
    Buffer.from([0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1]),
  ];
  const at = chance.integer(sound.length + 1);
  const way = chance.integer(4);
  if (way === 0) return mutateBytes(chance, sound);
  if (way === 1) return Buffer.concat([sound.subarray(0, at), chance.pick(odd), sound.subarray(at)]);
  return way === 2 ? Buffer.concat([chance.pick(odd), sound]) : Buffer.concat([sound, chance.pick(odd), chance.pick(odd)]);
}
