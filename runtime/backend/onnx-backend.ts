/** Runs models with ONNX Runtime: each session in a thread of its own, in the serving thread, or in a process. */
import { createRequire } from 'node:module';
import { classifyLoadError, cleanRuntimeText, LoadError } from '../core/load-error.js';
import type { Accelerator, Backend, LoadOptions, Session } from '../dataplane/ports.js';
import { InlineSession } from './inline-session.js';
import { loadNativeSession } from './onnx-binding.js';
import { computeSignature } from './onnx-signature.js';
import { RemoteSession, type RemoteSessionOptions } from './remote-session.js';
import { RestartingSession } from './restarting-session.js';
import { ProcessChannel, type SessionChannel, ThreadChannel } from './session-channel.js';
import { disableTelemetry } from './telemetry.js';
import type { HostData, HostReply } from './worker-protocol.js';

/** Provider for each vendor; undefined where ONNX Runtime's Node binding has none. */
const PROVIDERS: Readonly<Record<Accelerator, string | undefined>> = { nvidia: 'cuda', amd: undefined, intel: undefined };
const HANG_SECONDS = 60;

export class OnnxBackend implements Backend {
  readonly version = readVersion();
  #hungThreads = 0;

  constructor() {
    disableTelemetry();
  }

  /** Threads that are inside ONNX Runtime for good. While there are any, process.exit never returns: end with `exitAtOnce`. */
  get hungThreads(): number {
    return this.#hungThreads;
  }

  async load(path: string, options: LoadOptions, onCrash: (error: Error) => void): Promise<Session> {
    const provider = selectProvider(options.accelerator);
    const { threads, bytes, accelerator, mode = 'thread', hangSeconds = HANG_SECONDS, onSession } = options;
    const data: HostData = { path, threads, providers: [provider], ...(bytes === undefined ? {} : { bytes }) };
    const base = { provider, hangSeconds, accelerator };
    switch (mode) {
      case 'inline':
        return loadInline(data, provider, accelerator);
      case 'process':
        return RestartingSession.open({ start: (onLost) => openRemote(new ProcessChannel(), data, { ...base, onLost }), onSession, onCrash });
      case 'thread':
        return openRemote(new ThreadChannel(), data, { ...base, ...this.#watch(onCrash) });
    }
  }

  /** Counts a thread for as long as it hangs. */
  #watch(onCrash: (error: Error) => void): Pick<RemoteSessionOptions, 'onLost' | 'onEnd'> {
    let hung = 0;
    return {
      onLost: (error, isHung) => {
        if (isHung) hung = 1;
        this.#hungThreads += hung;
        onCrash(error);
      },
      onEnd: () => {
        this.#hungThreads -= hung;
      },
    };
  }
}

interface RemoteLoad extends Omit<RemoteSessionOptions, 'signature'> {
  readonly accelerator: Accelerator | undefined;
}

async function openRemote(channel: SessionChannel, data: HostData, { accelerator, ...options }: RemoteLoad): Promise<Session> {
  const ended = Promise.withResolvers<string>();
  const replied = new Promise<HostReply>((resolve, reject) => {
    channel.onReply = resolve;
    channel.onEnd = (why) => {
      ended.resolve(why);
      reject(new Error(`The model was not loaded: ${why}`));
    };
  });
  channel.send({ kind: 'load', data });
  const reply = await replied;
  if (reply.kind === 'refused') {
    await ended.promise; // it ends by itself
    throw newRefusal(reply.text, accelerator);
  }
  if (reply.kind !== 'loaded') throw new Error(`The inference host answered ${reply.kind} before it had loaded`);
  try {
    return new RemoteSession(channel, { ...options, signature: computeSignature(reply.inputs, reply.outputs) });
  } catch (error) {
    channel.send({ kind: 'close' });
    await ended.promise;
    throw error;
  }
}

function loadInline(data: HostData, provider: string, accelerator: Accelerator | undefined): Session {
  try {
    const native = loadNativeSession(data, true);
    return new InlineSession(native, computeSignature(native.inputMetadata, native.outputMetadata), provider);
  } catch (error) {
    if (error instanceof LoadError) throw error;
    throw newRefusal(error instanceof Error ? error.message : String(error), accelerator);
  }
}

function selectProvider(accelerator: Accelerator | undefined): string {
  if (accelerator === undefined) return 'cpu';
  const provider = PROVIDERS[accelerator];
  if (provider !== undefined) return provider;
  const message = `ONNX Runtime's Node binding has no execution provider for ${accelerator} accelerators: use spec.accelerator.vendor nvidia with an image that has CUDA, or no accelerator`;
  throw new LoadError('PROVIDER_MISSING', 'load', message);
}

function newRefusal(text: string, accelerator: Accelerator | undefined): LoadError {
  const words = cleanRuntimeText(text);
  const code = classifyLoadError(text);
  if (code !== 'PROVIDER_MISSING') return new LoadError(code, 'load', `ONNX Runtime refused the model: ${words}`);
  const message = `This image cannot compute on ${accelerator ?? 'these'} accelerators: ${words}. Serve without an accelerator, or use a runtime image with its libraries`;
  return new LoadError(code, 'load', message);
}

function readVersion(): string {
  const manifest: unknown = createRequire(import.meta.url)('onnxruntime-node/package.json');
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : 'unknown';
}
