/** Runs models with ONNX Runtime, each session in a thread of its own. */
import { createRequire } from 'node:module';
import process from 'node:process';
import { SHARE_ENV, Worker } from 'node:worker_threads';
import { classifyLoadError, cleanRuntimeText, LoadError } from '../core/load-error.js';
import type { Accelerator, Backend, LoadOptions, Session } from '../dataplane/ports.js';
import { OnnxSession } from './onnx-session.js';
import { computeSignature } from './onnx-signature.js';
import type { WorkerData, WorkerReply } from './worker-protocol.js';

/** Provider for each vendor; undefined where ONNX Runtime's Node binding has none. */
const PROVIDERS: Readonly<Record<Accelerator, string | undefined>> = { nvidia: 'cuda', amd: undefined, intel: undefined };

export class OnnxBackend implements Backend {
  readonly version = readVersion();

  constructor() {
    disableTelemetry();
  }

  async load(path: string, options: LoadOptions, onCrash: (error: Error) => void): Promise<Session> {
    const provider = selectProvider(options.accelerator);
    const data: WorkerData = { path, threads: options.threads, providers: [provider] };
    const worker = new Worker(new URL('./onnx-worker.js', import.meta.url), { workerData: data, env: SHARE_ENV });
    try {
      const reply = await waitForFirstReply(worker);
      if (reply.kind === 'refused') throw newRefusal(reply.text, options.accelerator);
      if (reply.kind !== 'loaded') throw new Error(`The inference thread answered ${reply.kind} before it had loaded`);
      return new OnnxSession(worker, computeSignature(reply.inputs, reply.outputs), provider, onCrash);
    } catch (error) {
      await worker.terminate();
      throw error;
    }
  }
}

/** ONNX Runtime reads this once, when its library is loaded. It sends usage data on Linux otherwise. */
export function disableTelemetry(): void {
  process.env['ORT_DISABLE_TELEMETRY'] = '1';
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

function waitForFirstReply(worker: Worker): Promise<WorkerReply> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`The inference thread ended with code ${code} while it loaded the model`)));
  });
}

function readVersion(): string {
  const manifest: unknown = createRequire(import.meta.url)('onnxruntime-node/package.json');
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : 'unknown';
}
