/**
 * What ONNX Runtime says of a request alone: one line of { path, datatype, shape, data } in, one of { shape, data } or { error } out. A process of its
 * own, since a kernel may end it and Jest's realms have typed arrays that ONNX Runtime does not take for its own.
 */
import process from 'node:process';
import { createInterface } from 'node:readline';
import { loadNativeSession, type NativeSession, PlainTensor } from '../../runtime/backend/onnx-binding.js';
import { disableTelemetry } from '../../runtime/backend/telemetry.js';

interface Line {
  readonly path: string;
  readonly datatype: 'FP32' | 'INT64';
  readonly shape: readonly number[];
  readonly data: string;
}

const sessions = new Map<string, NativeSession>();

function open(path: string): NativeSession {
  const session = sessions.get(path) ?? loadNativeSession({ path, threads: 1, providers: ['cpu'] }, true);
  sessions.set(path, session);
  return session;
}

function answer({ path, datatype, shape, data }: Line): unknown {
  const memory = Uint8Array.from(Buffer.from(data, 'base64')).buffer;
  const view = datatype === 'FP32' ? new Float32Array(memory) : new BigInt64Array(memory);
  try {
    const { y } = open(path).run({ x: new PlainTensor(datatype === 'FP32' ? 'float32' : 'int64', view, shape) }, { y: null });
    if (y === undefined || !ArrayBuffer.isView(y.data)) return { error: 'no y' };
    return { shape: y.dims, data: Buffer.from(y.data.buffer, y.data.byteOffset, y.data.byteLength).toString('base64') };
  } catch (error) {
    return { error: String(error) };
  }
}

disableTelemetry();
for await (const line of createInterface({ input: process.stdin })) process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`);
