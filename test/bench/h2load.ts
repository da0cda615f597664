/** Runs h2load, which costs a tenth of what a client in Node costs, on a core of its own, and reads what it prints. */
import { spawn } from 'node:child_process';
import type { Load } from './cases.js';
import { readEndedChildrenCpuSeconds } from './proc.js';

export interface H2loadReport {
  /** Requests whose answers ended, with a status of 2xx. */
  readonly done: number;
  /** Requests that failed, broke, timed out or got another status. */
  readonly bad: number;
  readonly seconds: number;
  /** Bytes in DATA frames or HTTP/1.1 bodies of all answers. */
  readonly dataBytes: number;
}

export interface H2loadRun extends H2loadReport {
  readonly clientCpuSeconds: number;
}

export interface H2loadOptions extends Load {
  readonly url: string;
  readonly bodyFile: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly http1: boolean;
  readonly seconds: number;
  readonly core: number;
  /** Requests per second of all connections together; without it the next request follows an answer. */
  readonly requestsPerSecond?: number;
  /** Gets one line per request: start in µs, status, µs. */
  readonly logFile?: string;
}

const INSTALL = 'the benchmarks need h2load: install it (Debian and Ubuntu: apt-get install nghttp2-client; macOS has no taskset: use Linux)';

export async function runH2load(options: H2loadOptions): Promise<H2loadRun> {
  const before = readEndedChildrenCpuSeconds();
  const output = await capture('taskset', ['-c', String(options.core), 'h2load', ...makeArguments(options)]);
  const report = parseH2load(output);
  return { ...report, clientCpuSeconds: readEndedChildrenCpuSeconds() - before };
}

/** "h2load nghttp2/1.52.0"; rejects with how to install it. */
export async function readH2loadVersion(): Promise<string> {
  return (await capture('h2load', ['--version'])).trim();
}

function makeArguments(options: H2loadOptions): string[] {
  const { url, bodyFile, headers, http1, seconds, requestsPerSecond, logFile, connections, streams } = options;
  return [
    ...['-c', String(connections), '-t', '1', '-D', `${Math.round(seconds * 1000)}ms`, '-d', bodyFile],
    ...(http1 ? ['--h1'] : ['-m', String(streams), '-w', '24', '-W', '26']),
    ...Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]),
    ...(requestsPerSecond === undefined ? [] : ['--rps', (requestsPerSecond / connections).toFixed(3)]),
    ...(logFile === undefined ? [] : ['--log-file', logFile]),
    url,
  ];
}

/** Pure. Throws when the text is not h2load's. */
export function parseH2load(text: string): H2loadReport {
  const finished = /^finished in ([\d.]+)(us|ms|s|m)?,/m.exec(text);
  const requests = /^requests: \d+ total, \d+ started, (\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout/m.exec(text);
  const traffic = /^traffic: .*\((\d+)\) data$/m.exec(text);
  if (finished === null || requests === null || traffic === null) throw new Error(`h2load printed something unknown: ${text.slice(-500)}`);
  const [ended = 0, succeeded = 0, ...failures] = requests.slice(1).map(Number);
  return {
    // not the line "status codes": that has answers of which only the headers had come at the end
    done: succeeded,
    bad: Math.max(ended - succeeded, ...failures),
    seconds: Number(finished[1]) * (UNIT_SECONDS[finished[2] ?? 's'] ?? 1),
    dataBytes: Number(traffic[1]),
  };
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { us: 1e-6, ms: 1e-3, s: 1, m: 60 };

/** Latencies in ms of the log's successful requests that started after the first `skipSeconds`, ascending. */
export function parseLatencies(log: string, skipSeconds: number): number[] {
  const rows = log
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t').map(Number));
  const first = rows.reduce((least, [start = 0]) => Math.min(least, start), Number.POSITIVE_INFINITY);
  return rows
    .filter(([start = 0, status]) => status === 200 && start >= first + skipSeconds * 1e6)
    .map(([, , micros = Number.NaN]) => micros / 1000)
    .sort((a, b) => a - b);
}

function capture(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.on('error', (cause) => reject(new Error(`Could not start "${command}": ${INSTALL}`, { cause })));
    child.on('close', (code) => {
      if (code === 0) resolve(text);
      else
        reject(new Error(`"${command} ${args.join(' ')}" ended with exit code ${code}: ${/No such file/.test(text) ? INSTALL : text.slice(-500)}`));
    });
  });
}
