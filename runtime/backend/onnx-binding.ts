/**
 * The only importer of onnxruntime-node. It takes the native binding instead of the package's front: the front wraps
 * float16 in Float16Array, which the binding of 1.30.0 refuses on Node 24, and hides which datatype it does not know.
 * The version is pinned in package.json and `loadBinding` checks what it relies on.
 */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { HostData, RawMetadata } from './worker-protocol.js';

export interface NativeTensor {
  readonly type: string;
  readonly dims: readonly number[];
  /** Over shared memory too: Node 24 hands both to native code. */
  readonly data: ArrayBufferView | readonly string[];
  readonly location: 'cpu';
}

export interface SessionOptions {
  readonly intraOpNumThreads: number;
  readonly interOpNumThreads: number;
  readonly executionMode: 'sequential';
  readonly graphOptimizationLevel: 'all';
  readonly executionProviders: readonly string[];
  readonly enableCpuMemArena: boolean;
  readonly extra: Readonly<Record<string, unknown>>;
}

export interface NativeSession {
  loadModel(path: string, options: SessionOptions): void;
  loadModel(memory: ArrayBuffer, offset: number, length: number, options: SessionOptions): void;
  readonly inputMetadata: readonly RawMetadata[];
  readonly outputMetadata: readonly RawMetadata[];
  run(feeds: Readonly<Record<string, NativeTensor>>, fetches: Readonly<Record<string, null>>): Readonly<Record<string, NativeTensor>>;
  dispose(): void;
}

interface Binding {
  readonly InferenceSession: new () => NativeSession;
  initOrtOnce(logLevel: number, tensor: unknown, isMainThread: boolean): void;
}

/** What the binding builds for each output, and reads from each input. */
export class PlainTensor implements NativeTensor {
  readonly location = 'cpu';
  constructor(
    readonly type: string,
    readonly data: NativeTensor['data'],
    readonly dims: readonly number[],
  ) {}
}

/** Failures come back as exceptions with their text: nothing is lost by keeping ONNX Runtime's own log to fatal. */
const LOG_LEVEL_FATAL = 4;

/** Call `disableTelemetry` in the process first. */
export function loadBinding(isMainThread: boolean): Binding {
  const module: unknown = createRequire(import.meta.url)('onnxruntime-node/dist/binding.js');
  if (typeof module !== 'object' || module === null || !('binding' in module) || !isBinding(module.binding)) {
    throw new Error('onnxruntime-node no longer has the binding that Slipway uses: install the version that package.json pins');
  }
  module.binding.initOrtOnce(LOG_LEVEL_FATAL, PlainTensor, isMainThread);
  return module.binding;
}

function isBinding(value: unknown): value is Binding {
  if (typeof value !== 'object' || value === null) return false;
  return (
    'InferenceSession' in value && typeof value.InferenceSession === 'function' && 'initOrtOnce' in value && typeof value.initOrtOnce === 'function'
  );
}

/**
 * Loads the model of `data` into a session of this thread. Throws with ONNX Runtime's text.
 * Without arena: it never gives back what one large batch took, and the binding has no run option that shrinks it; glibc's
 * malloc in its place cost no more than the noise of the measurement (docs/adr/0027).
 */
export function loadNativeSession(data: HostData, isMainThread: boolean): NativeSession {
  const session = new (loadBinding(isMainThread).InferenceSession)();
  const options: SessionOptions = {
    intraOpNumThreads: data.threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    executionProviders: data.providers,
    enableCpuMemArena: false,
    extra: {
      // Threads that spin between requests burn the quota of a shared node.
      'session.intra_op.allow_spinning': '0',
      ...(data.bytes === undefined ? {} : { 'session.model_external_initializers_file_folder_path': dirname(data.path) }),
    },
  };
  if (data.bytes === undefined) session.loadModel(data.path, options);
  else session.loadModel(Uint8Array.from(data.bytes).buffer, 0, data.bytes.byteLength, options);
  return session;
}
