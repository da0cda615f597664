/** Runs a program on the user's terminal. */
import { spawn } from 'node:child_process';

/** Resolves with its exit code. */
export function runForeground(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, ...env } });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 130));
  });
}
