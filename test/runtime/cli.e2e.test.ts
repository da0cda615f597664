/** `slipway infer` and `slipway bench` as people run them, against the real server; and every command of their guide. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findProtoFolder } from '../../proto/load.js';
import { ServerProcess } from './server-process.js';

interface End {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const root = dirname(findProtoFolder());
const main = join(root, 'dist', 'cli', 'main.js');
const iris = join(root, 'examples', 'clients', 'iris.onnx');
const guide = readFileSync(join(root, 'docs', 'guides', 'infer-and-bench.md'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'slipway-cli-'));
const servers: ServerProcess[] = [];
const SETOSA = ['--input', 'X=[[5.1,3.5,1.4,0.2]]'];
let grpc = '';
let rest = '';

beforeAll(async () => {
  ({ grpc, rest } = await serve(iris));
  rest = new URL(rest).host;
}, 60_000);
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  rmSync(folder, { recursive: true });
});

function serve(...args: string[]): ReturnType<ServerProcess['waitUntilReady']> {
  const server = new ServerProcess(args);
  servers.push(server);
  return server.waitUntilReady();
}

async function run(args: readonly string[], onStart: (child: ChildProcess) => void = () => undefined): Promise<End> {
  const child = spawn(process.execPath, [main, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err]: [string[], string[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk.toString()));
  onStart(child);
  const [code]: unknown[] = await once(child, 'close');
  return { code: typeof code === 'number' ? code : null, out: out.join(''), err: err.join('') };
}

const infer = (...args: string[]): Promise<End> => run(['infer', 'iris', '--address', grpc, ...args]);

async function inferJson(...args: string[]): Promise<Record<string, unknown>> {
  const { out, err } = await infer(...args, '--json');
  if (out === '') throw new Error(err);
  return JSON.parse(out) as Record<string, unknown>;
}

describe('infer', () => {
  test.each([
    ['gRPC', []],
    ['a stream', ['--stream']],
  ])('answers over %s', async (_name, flags) => {
    const answer = await inferJson(...SETOSA, '--id', 'a', '--version', '1', ...flags);
    expect(answer).toMatchObject({
      model_name: 'iris',
      model_version: '1',
      id: 'a',
      outputs: [{ name: 'label', data: ['setosa'] }, { shape: [1, 3] }],
    });
  });
  test('answers over REST', async () => {
    const { code, out } = await run(['infer', 'iris', '--http', '--address', rest, ...SETOSA, '--json']);
    expect([code, JSON.parse(out)]).toMatchObject([
      0,
      { outputs: [{ name: 'label', data: ['setosa'] }, { data: [expect.closeTo(0.98157, 4), {}, {}] }] },
    ]);
  });
  test('what it saves is what it reads', async () => {
    const saved = await infer('--input', 'random', '--shape', '5,4', '--save', 'saved', '--output', 'probabilities');
    expect([saved.code, saved.err]).toEqual([0, 'Wrote saved/probabilities.npy\n']);
    const npy = readFileSync(join(folder, 'saved', 'probabilities.npy'));
    expect(npy.toString('latin1', 10, 80)).toContain("{'descr': '<f4', 'fortran_order': False, 'shape': (5,3,), }");
    const again = await infer('--input', '@saved/probabilities.npy');
    expect([again.code, again.err]).toEqual([1, "INVALID_ARGUMENT: unexpected shape for input 'X' for model 'iris'. Expected [-1,4], got [5,3]\n"]);
    writeFileSync(join(folder, 'rows.bin'), npy.subarray(-48)); // 12 elements
    expect(await inferJson('--input', '@rows.bin')).toMatchObject({ outputs: [{ shape: [3] }, { shape: [3, 3] }] });
  });
  test('classes', async () => {
    const answer = await inferJson(...SETOSA, '--classes', '2');
    expect(answer).toMatchObject({ outputs: [{ name: 'label' }, { name: 'probabilities', data: ['0.981573:0', '0.018427:1'] }] });
    expect((await infer(...SETOSA, '--classes', '2')).out).toMatch(/\[1,2\] {2}\[\[class 0 0\.981573, class 1 0\.018427\]\]/);
  });
  test('the example that it prints works', async () => {
    const { out } = await infer();
    const example = out.trim().split('\n').at(-1)?.trim() ?? '';
    const { stdout } = await promisify(execFile)('sh', ['-c', example.replace(/^slipway/, `'${process.execPath}' '${main}'`)]);
    expect(stdout).toMatch(/^iris version 1 answered in /);
  });
});

describe('infer says what is wrong', () => {
  const closed = '127.0.0.1:1';
  test.each<[string, () => Promise<End>, number, RegExp]>([
    [
      'no server',
      () => run(['infer', 'iris', '--address', closed]),
      1,
      /^UNAVAILABLE: No server can be reached at 127.0.0.1:1 \(connect ECONNREFUSED 127.0.0.1:1\): start one/,
    ],
    [
      'no server over REST',
      () => run(['infer', 'iris', '--http', '--address', closed]),
      1,
      /^UNAVAILABLE: No server can be reached at 127.0.0.1:1 \(connect ECONN/,
    ],
    ['another protocol', () => run(['infer', 'iris', '--address', rest]), 1, /^UNAVAILABLE: No server can be reached/],
    ['no TLS there', () => infer('--tls'), 1, /^UNAVAILABLE: No server can be reached at .*wrong version number/],
    [
      'unknown model',
      () => run(['infer', 'rose', '--address', grpc]),
      1,
      /^NOT_FOUND: Request for unknown model: 'rose' is not found. Models here: iris\n$/,
    ],
    [
      'unknown model over REST',
      () => run(['infer', 'rose', '--http', '--address', rest]),
      1,
      /^NOT_FOUND: Request for unknown model: 'rose' is not found. Models here: iris\n$/,
    ],
    ['unknown version', () => infer('--version', '9'), 1, /^NOT_FOUND: .*Versions here: 1/],
    [
      'unknown input',
      () => infer('--input', 'y=1'),
      2,
      /^--input y: model iris has no such input. Its inputs are X \(FP32 \[-1,4\]\)\n\("slipway infer --help"/,
    ],
    [
      'wrong shape',
      () => infer('--input', 'X=[[1]]'),
      1,
      /^INVALID_ARGUMENT: unexpected shape for input 'X' for model 'iris'. Expected \[-1,4\], got \[1,1\]/,
    ],
    ['refused on a stream', () => infer('--input', 'X=[[1]]', '--stream'), 1, /unexpected shape for input 'X'/],
    ['unknown flag', () => infer('--frob'), 2, /^Unknown option '--frob'/],
  ])('%s', async (_name, ask, code, words) => {
    const end = await ask();
    expect(end).toEqual({ code, out: '', err: expect.stringMatching(words) });
  });
  test.each([[[]], [['--http']]])('a server that is silent, %j', async (flags) => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const end = await run(['infer', 'iris', '--address', `127.0.0.1:${port}`, '--timeout', '0.5', ...flags], (child) =>
      child.on('close', () => silent.close()),
    );
    expect(end).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^DEADLINE_EXCEEDED: No answer within 0.5 s: allow more with --timeout SECONDS\n/),
    });
  });
});

describe('TLS', () => {
  const file = (name: string): string => join(folder, 'tls', name);
  beforeAll(async () => {
    mkdirSync(join(folder, 'tls'));
    const days = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=reader.test', '-addext', 'subjectAltName=DNS:reader.test'];
    await promisify(execFile)('openssl', ['req', ...days, '-keyout', file('key.pem'), '-out', file('cert.pem')]);
    const address = await serve(iris, '--tls-cert', file('cert.pem'), '--tls-key', file('key.pem'), '--tls-client-ca', file('cert.pem'));
    secure = { grpc: address.grpc, rest: new URL(address.rest).host };
  }, 60_000);
  let secure = { grpc: '', rest: '' };
  const own = (): string[] => ['--ca', file('cert.pem'), '--cert', file('cert.pem'), '--key', file('key.pem'), '--authority', 'reader.test'];
  test('both protocols, with a certificate of its own', async () => {
    expect(await run(['infer', 'iris', '--address', secure.grpc, ...own(), ...SETOSA])).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringContaining('setosa'),
    });
    expect(await run(['infer', 'iris', '--http', '--address', secure.rest, ...own(), ...SETOSA])).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringContaining('setosa'),
    });
  });
  test('an authority that nobody knows is not believed', async () => {
    const end = await run(['infer', 'iris', '--address', secure.grpc, '--tls', '--authority', 'reader.test']);
    expect(end).toMatchObject({ code: 1, err: expect.stringMatching(/^UNAVAILABLE: .*self-signed certificate/) });
  });
});

interface Report {
  readonly isInterrupted: boolean;
  readonly levels: readonly Readonly<Record<string, number>>[];
}

describe('bench', () => {
  const bench = (...args: string[]): Promise<End> => run(['bench', 'iris', '--address', grpc, '--warmup', '0.2', ...args]);
  test.each([
    ['calls', [], ''],
    ['streams', ['--stream'], ''],
    ['REST', ['--http'], 'rest'],
    ['connections', ['--connections', '3'], ''],
  ])('tells sane figures over %s', async (_name, flags, over) => {
    const { code, out, err } = await bench(
      '--concurrency',
      '1,4',
      '--duration',
      '0.7',
      '--json',
      ...(over === 'rest' ? ['--address', rest] : []),
      ...flags,
    );
    expect([code, err]).toEqual([0, '']);
    const { levels } = JSON.parse(out) as Report;
    expect(levels.length).toBe(2);
    for (const level of levels) {
      expect(level).toMatchObject({ errors: {} });
      for (const figure of ['requests', 'requestsPerSecond', 'p50Ms', 'queueMs', 'computeMs', 'rowsPerRun', 'clientCpu', 'clientBusy'])
        expect(level[figure]).toBeGreaterThan(0);
      expect(level['requestsPerSecond']).toBeCloseTo((level['requests'] ?? 0) / (level['seconds'] ?? 0));
      expect(level['p90Ms']).toBeGreaterThanOrEqual(level['p50Ms'] ?? 0);
      expect(level['p99Ms']).toBeGreaterThanOrEqual(level['p90Ms'] ?? 0);
    }
  });
  test('an open loop sends at its rate, and the plot is drawn', async () => {
    const { code, out, err } = await bench('--rate', '50,100', '--duration', '1', '--json', '--plot', 'p.svg');
    expect([code, err]).toEqual([0, 'Wrote p.svg\n']);
    const [slow, fast] = (JSON.parse(out) as Report).levels;
    expect(slow?.['requestsPerSecond']).toBeGreaterThan(40);
    expect(slow?.['requestsPerSecond']).toBeLessThan(60);
    expect(fast?.['requestsPerSecond']).toBeGreaterThan(80);
    const svg = readFileSync(join(folder, 'p.svg'), 'utf8');
    expect(svg.match(/<circle /g)?.length).toBe(4);
    expect(isWellFormed(svg)).toBe(true);
  });
  test('Ctrl-C ends it with what was measured', async () => {
    const args = ['--address', grpc, '--warmup', '0.1', '--concurrency', '2,2', '--duration', '60', '--json'];
    const end = await run(['bench', 'iris', ...args], (child) => setTimeout(() => child.kill('SIGINT'), 2500));
    const report = JSON.parse(end.out) as Report;
    expect([end.code, report.isInterrupted, report.levels.length]).toEqual([130, true, 1]);
    expect(report.levels[0]?.['seconds']).toBeLessThan(10);
  });
  test('what fails once is not tried a million times', async () => {
    expect(await bench('--shape', 'X=1,3')).toEqual({
      code: 1,
      out: '',
      err: expect.stringMatching(/^INVALID_ARGUMENT: unexpected shape .*\nThe inputs were X FP32 \[1,3\] random: give values that the model takes/),
    });
  });
});

describe('the guide', () => {
  const blocks = [...guide.matchAll(/```sh\n(.*?)```(?:\n\n```\n(.*?)```)?/gs)].map(([, commands = '', shown]) => ({ commands, shown }));
  const asked = blocks.filter(({ commands }) => !commands.includes('slipway serve'));
  test('has commands', () => expect(asked.length).toBe(4));
  test.each(asked)('$commands', async ({ commands, shown }) => {
    const shim = join(folder, 'npx'); // the reader's server is at the usual ports, this one where it found room
    writeFileSync(
      shim,
      `#!/bin/sh\nshift\ncase "$*" in *--http*) at=${rest} ;; *) at=${grpc} ;; esac\nexec '${process.execPath}' '${main}' "$@" --address "$at"\n`,
      { mode: 0o755 },
    );
    const env = { ...process.env, PATH: [folder, process.env['PATH']].join(delimiter) };
    const { stdout } = await promisify(execFile)('sh', ['-ec', commands], { cwd: folder, env });
    if (shown !== undefined) expect(normalize(stdout)).toBe(normalize(shown));
  });
});

/** Times differ, and so does the address, which the reader leaves out. */
function normalize(text: string): string {
  return text.replaceAll(/in [\d.]+ ms/g, 'in N ms').replaceAll(/ --address \S+/g, '');
}

/** Every element is closed in its turn, and text holds no markup. Enough for what has no comments, entities of its own or CDATA. */
function isWellFormed(xml: string): boolean {
  const open: string[] = [];
  for (const [, end, name = '', self] of xml.matchAll(/<(\/?)([a-z]+)(?: [a-zA-Z-]+="[^"<]*")*(\/?)>/g)) {
    if (end === '/' ? open.pop() !== name : self !== '/' && open.push(name) > 10) return false;
  }
  return open.length === 0 && !/[<>]|&(?!amp;|lt;|gt;|quot;)/.test(xml.replaceAll(/<(\/?)([a-z]+)(?: [a-zA-Z-]+="[^"<]*")*(\/?)>/g, ''));
}
