/** Runs programs for the hack scripts and the end-to-end tests: output captured, failures with the program's own words. */
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface ExecOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  /** Called for each line of stdout and stderr as it comes. */
  readonly onLine?: (line: string) => void;
  readonly timeoutMs?: number;
}

export interface ExecResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Resolves with whatever exit code the program had. */
export function execAny(command: string, args: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...kubeCacheOf(args), ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      forwardLines(chunk, options.onLine);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      forwardLines(chunk, options.onLine);
    });
    child.on('error', (cause) => reject(new Error(`Could not start "${command}": ${cause.message}`, { cause })));
    child.on('close', (code) => resolve({ code: code ?? 137, stdout, stderr }));
    child.stdin.on('error', () => undefined); // the program may end without reading its input; its exit code tells
    child.stdin.end(options.input ?? '');
  });
}

/**
 * kubectl and helm remember for hours which kinds an address serves, and a later cluster of ours may have the address of an earlier one:
 * what they learn of a cluster of ours goes with it.
 */
export function kubeCacheOf(args: readonly string[]): Readonly<Record<string, string>> {
  const kubeconfig = args[args.indexOf('--kubeconfig') + 1] ?? '';
  const isOurs = args.includes('--kubeconfig') && (kubeconfig.includes('/.slipway/') || kubeconfig.startsWith(tmpdir()));
  return isOurs ? { KUBECACHEDIR: join(dirname(kubeconfig), 'kube-cache') } : {};
}

/** Resolves with stdout; rejects with the program's last words when it fails. */
export async function exec(command: string, args: readonly string[], options: ExecOptions = {}): Promise<string> {
  const result = await execAny(command, args, options);
  if (result.code === 0) return result.stdout;
  const words = (result.stderr.trim() || result.stdout.trim()).split('\n').slice(-15).join('\n');
  throw new Error(`"${[command.split('/').at(-1), ...args].join(' ').slice(0, 300)}" ended with exit code ${result.code}:\n${words}`);
}

function forwardLines(chunk: Buffer, onLine: ((line: string) => void) | undefined): void {
  if (onLine === undefined) return;
  for (const line of chunk.toString().split('\n')) if (line.trim() !== '') onLine(line);
}
