/** Programs that the kernel kills when this process dies, so that a killed command leaves none that waits for an answer. */
import { type ExecOptions, type ExecResult, exec, execAny } from '../hack/exec.js';

export function execMortal(program: string, args: readonly string[], options?: ExecOptions): Promise<string> {
  return exec('setpriv', ['--pdeathsig', 'KILL', program, ...args], options);
}

export function execAnyMortal(program: string, args: readonly string[], options?: ExecOptions): Promise<ExecResult> {
  return execAny('setpriv', ['--pdeathsig', 'KILL', program, ...args], options);
}
