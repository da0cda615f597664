/** One run of a loaded model: raw inputs in, raw outputs out. The same in a thread, in a process and in the serving thread. */
import { joinBytesElements, splitBytesElements } from '../core/bytes-elements.js';
import { countElements } from '../core/tensor.js';
import { findDatatypeByNativeName, NATIVE_TYPES } from './native-types.js';
import { type NativeSession, type NativeTensor, PlainTensor } from './onnx-binding.js';
import { type LaidInput, monotonicSeconds, type WireOutput } from './worker-protocol.js';

export interface NativeRun {
  readonly outputs: readonly WireOutput[];
  readonly startedSeconds: number;
  readonly endedSeconds: number;
}

export interface NativeInput extends LaidInput {
  readonly memory: ArrayBufferLike;
}

/**
 * Throws with ONNX Runtime's text. The outputs are memory of their own: `null` fetches let ONNX Runtime allocate them, and
 * handing it our memory is no faster, because the binding wraps the result anew (measured: 899 against 823 µs for 4 MiB, and
 * nothing at 10 floats).
 */
export function runNative(session: NativeSession, inputs: readonly NativeInput[], outputs: readonly string[]): NativeRun {
  const feeds: Record<string, NativeTensor> = {};
  for (const input of inputs) feeds[input.name] = toNative(input);
  const fetches: Record<string, null> = {};
  for (const name of outputs) fetches[name] = null;
  const startedSeconds = monotonicSeconds();
  const results = session.run(feeds, fetches);
  const endedSeconds = monotonicSeconds();
  return { outputs: outputs.map((name) => toWire(name, results[name])), startedSeconds, endedSeconds };
}

function toNative({ name, datatype, shape, offset, bytes, memory }: NativeInput): NativeTensor {
  const { view: View, name: type } = NATIVE_TYPES[datatype];
  if (View !== undefined) return new PlainTensor(type, new View(memory, offset, countElements(shape)), shape);
  const elements = splitBytesElements(new Uint8Array(memory, offset, bytes));
  if (typeof elements === 'string') throw new Error(`input '${name}': ${elements}`);
  const strings = elements.map((element) => Buffer.from(element).toString('utf8'));
  return new PlainTensor(type, strings, shape);
}

function toWire(name: string, tensor: NativeTensor | undefined): WireOutput {
  if (tensor === undefined) throw new Error(`ONNX Runtime gave no output '${name}'`);
  const datatype = findDatatypeByNativeName(tensor.type);
  if (datatype === undefined) throw new Error(`ONNX Runtime gave output '${name}' as ${tensor.type}, which the protocol does not know`);
  return { name, datatype, shape: tensor.dims, data: toBytes(tensor.data) };
}

function toBytes(data: NativeTensor['data']): Uint8Array<ArrayBuffer> {
  if (!isView(data)) return Uint8Array.from(joinBytesElements(data.map((text) => Buffer.from(text, 'utf8'))));
  const { buffer, byteOffset, byteLength } = data;
  return buffer instanceof ArrayBuffer
    ? new Uint8Array(buffer, byteOffset, byteLength)
    : Uint8Array.from(new Uint8Array(buffer, byteOffset, byteLength));
}

function isView(data: NativeTensor['data']): data is ArrayBufferView {
  return ArrayBuffer.isView(data);
}
