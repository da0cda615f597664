/** A server in a process of its own, so that what ends it is seen from outside and ends nothing else. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { within } from './watchdog.js';

export interface OwnProcess {
  /** What the child sent when it was ready. */
  readonly ready: unknown;
  /** Resolves with the code or signal that ended it. */
  readonly ended: Promise<string>;
  /** What it wrote last to stderr; bounded. */
  stderr(): string;
  /** Its answer to "report"; rejects when it has ended or does not answer. */
  report(): Promise<unknown>;
  stop(): Promise<void>;
}

const STDERR_CHARS = 4000;

/** `script`: compiled, beside this file; it sends one message when it is ready and answers each message with one. */
export async function startOwnProcess(script: string): Promise<OwnProcess> {
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), { execArgv: ['--expose-gc'], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(0, STDERR_CHARS); // an abort tells its reason first
  });
  const ended = new Promise<string>((resolve) => child.once('exit', (code, signal) => resolve(signal ?? String(code))));
  const next = (): Promise<unknown> =>
    Promise.race([nextMessage(child), ended.then((how) => Promise.reject(new Error(`${script} ended: ${how} ${stderr}`)))]);
  let last: Promise<unknown> = Promise.resolve();
  const ask = (): Promise<unknown> => {
    const answer = within(`The report of ${script}`, next());
    if (child.connected) child.send('report');
    return answer;
  };
  const report = (): Promise<unknown> => {
    last = last.then(ask, ask); // one at a time: answers have no numbers
    return last;
  };
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  return { ready: await within(`The start of ${script}`, next()), ended, stderr: () => stderr, report, stop };
}

function nextMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve) => child.once('message', resolve));
}
