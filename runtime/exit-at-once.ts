/**
 * Ends the process while a thread is inside ONNX Runtime. process.exit waits for that thread for ever, terminating it aborts,
 * and SIGKILL gives 137 for whatever happened; execve takes every thread with it and leaves the exit code to us (measured).
 */
import process from 'node:process';

/** Nothing that was begun is finished: say all there is to say before. */
export function exitAtOnce(code: number): never {
  try {
    // In a Linux container always there; it is this binary that then does nothing but exit.
    process.execve?.(process.execPath, [process.execPath, '--disable-warning=ExperimentalWarning', '-e', `process.exit(${code})`], {});
  } catch {
    // Windows has none: below.
  }
  process.kill(process.pid, 'SIGKILL');
  throw new Error('unreachable: SIGKILL does not return');
}
