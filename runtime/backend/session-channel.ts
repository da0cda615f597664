/** Ways to a session host: a thread, which shares memory, or a process, which survives nothing of ours and we everything of it. */
import { type ChildProcess, fork } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { SHARE_ENV, Worker } from 'node:worker_threads';
import type { HostMessage, HostReply } from './worker-protocol.js';

export interface SessionChannel {
  /** Whether a 'slab' message works; else every run carries its memory. */
  readonly sharesMemory: boolean;
  onReply: (reply: HostReply) => void;
  /** Called once, however it ends. */
  onEnd: (why: string) => void;
  send(message: HostMessage): void;
  /** The host hangs: stop waiting for it. */
  abandon(): void;
}

export class ThreadChannel implements SessionChannel {
  readonly sharesMemory = true;
  onReply: (reply: HostReply) => void = () => undefined;
  onEnd: (why: string) => void = () => undefined;
  readonly #worker = new Worker(new URL('./onnx-worker.js', import.meta.url), { env: SHARE_ENV, execArgv: [] });
  #error: Error | undefined;

  constructor() {
    this.#worker.on('message', (reply: HostReply) => this.onReply(reply));
    this.#worker.on('error', (error: unknown) => {
      this.#error = error instanceof Error ? error : new Error(String(error));
    });
    this.#worker.once('exit', (code) =>
      this.onEnd(`the inference thread ended with code ${code}${this.#error === undefined ? '' : `: ${this.#error.message}`}`),
    );
  }

  send(message: HostMessage): void {
    this.#worker.postMessage(message);
  }

  /** It is never terminated: that aborts the whole process when it is inside ONNX Runtime (measured). It only keeps nobody alive. */
  abandon(): void {
    this.#worker.unref();
  }
}

export class ProcessChannel implements SessionChannel {
  readonly sharesMemory = false;
  onReply: (reply: HostReply) => void = () => undefined;
  onEnd: (why: string) => void = () => undefined;
  readonly #child: ChildProcess;
  #error: Error | undefined;

  constructor() {
    const env = { ...process.env, ORT_DISABLE_TELEMETRY: '1' };
    this.#child = fork(fileURLToPath(new URL('./onnx-process.js', import.meta.url)), [], { serialization: 'advanced', execArgv: [], env });
    this.#child.on('message', (reply: HostReply) => this.onReply(reply));
    this.#child.on('error', (error) => {
      this.#error = error;
      if (this.#child.pid === undefined) this.onEnd(`the inference process did not start: ${error.message}`);
    });
    this.#child.once('exit', (code, signal) =>
      this.onEnd(`the inference process ended with ${signal ?? `code ${code}`}${this.#error === undefined ? '' : `: ${this.#error.message}`}`),
    );
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  send(message: HostMessage): void {
    if (this.#child.connected) this.#child.send(message); // else its end is on the way
  }

  abandon(): void {
    this.#child.kill('SIGKILL');
  }
}
