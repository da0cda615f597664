/**
 * The thread that owns one session. `run` of the binding is synchronous in 1.30.0: here it blocks nobody but itself,
 * while health, deadlines and streams go on in the serving thread.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { findDatatypeByNativeName, NATIVE_TYPES } from './native-types.js';
import { loadBinding, type NativeSession, type NativeTensor, PlainTensor } from './onnx-binding.js';
import { monotonicSeconds, type RawMetadata, type RunMessage, type WireTensor, type WorkerData, type WorkerReply } from './worker-protocol.js';

const port = parentPort;
if (port === null) throw new Error('onnx-worker runs in a worker thread only');

const session = load(workerData as WorkerData);
if (session !== undefined) port.on('message', (message: RunMessage) => answer(session, message));

function load(data: WorkerData): NativeSession | undefined {
  try {
    const loaded = new (loadBinding(false).InferenceSession)();
    loaded.loadModel(data.path, {
      intraOpNumThreads: data.threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      executionProviders: data.providers,
      // Threads that spin between requests burn the quota of a shared node.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
    post({ kind: 'loaded', inputs: loaded.inputMetadata.map(copyMetadata), outputs: loaded.outputMetadata.map(copyMetadata) });
    return loaded;
  } catch (error) {
    post({ kind: 'refused', text: error instanceof Error ? error.message : String(error) });
    return undefined;
  }
}

function answer(loaded: NativeSession, message: RunMessage): void {
  try {
    const feeds = Object.fromEntries(message.inputs.map((input) => [input.name, toNative(input)]));
    const fetches = Object.fromEntries(message.outputs.map((name) => [name, null]));
    const startedSeconds = monotonicSeconds();
    const results = loaded.run(feeds, fetches, {});
    const endedSeconds = monotonicSeconds();
    const outputs = message.outputs.flatMap((name) => (results[name] === undefined ? [] : [toWire(name, results[name])]));
    post({ kind: 'ran', id: message.id, outputs, startedSeconds, endedSeconds }, movable(outputs));
  } catch (error) {
    post({ kind: 'failed', id: message.id, text: error instanceof Error ? error.message : String(error) });
  }
}

function toNative(tensor: WireTensor): NativeTensor {
  const datatype = findDatatypeByNativeName(tensor.type);
  const View = datatype === undefined ? undefined : NATIVE_TYPES[datatype].view;
  if (!(tensor.data instanceof ArrayBuffer)) return new PlainTensor(tensor.type, tensor.data, tensor.shape);
  if (View === undefined) throw new Error(`tensor type ${tensor.type} has no memory view`);
  return new PlainTensor(tensor.type, new View(tensor.data), tensor.shape);
}

function toWire(name: string, tensor: NativeTensor): WireTensor {
  const { type, dims: shape, data } = tensor;
  if (!ArrayBuffer.isView(data)) return { name, type, shape, data };
  const whole = data.byteOffset === 0 && data.byteLength === data.buffer.byteLength;
  return { name, type, shape, data: whole ? data.buffer : data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) };
}

function movable(outputs: readonly WireTensor[]): ArrayBuffer[] {
  return [...new Set(outputs.flatMap((output) => (output.data instanceof ArrayBuffer ? [output.data] : [])))];
}

/** The binding's objects do not survive the way between threads; plain ones do. */
function copyMetadata(raw: RawMetadata): RawMetadata {
  const { name, isTensor, type, shape, symbolicDimensions } = raw;
  return isTensor
    ? { name, isTensor, type, shape: [...shape], symbolicDimensions: [...symbolicDimensions] }
    : { name, isTensor, type: 0, shape: [], symbolicDimensions: [] };
}

function post(reply: WorkerReply, move: ArrayBuffer[] = []): void {
  port?.postMessage(reply, move);
}
