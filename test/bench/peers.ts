/** Peers from PyPI, each against Slipway on the same core in turns: its two settings swept first, the best kept. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findProtoFolder } from '../../proto/load.js';
import type { Protocol, Question } from './ask.js';
import type { BenchCase, CaseKey, Load } from './cases.js';
import { makeTensors } from './cases.js';
import { newServerContender, startSlipway } from './contenders.js';
import { INFER_PATH, makeGrpcBody } from './infer-body.js';
import { measureInTurns, medianOf, medianRatio } from './measure.js';
import type { PeerName } from './peer-names.js';
import { ensurePeerVenv, readVersions } from './peer-venv.js';
import { RawProcess } from './raw-process.js';
import { findPort, Server } from './server.js';
import { CLIENT_CORE, NAMES, SERVER_CORE, type SuiteOptions, type Table } from './suite.js';

export type Knobs = Readonly<Record<string, number>>;

/** peers/<name>/peer.json */
export interface PeerConfig {
  readonly protocol: Protocol;
  readonly path: string;
  /** JSON of a request, in which "$base64" stands for the tensor's bytes. */
  readonly body?: string;
  /** Two settings and the values that are tried. */
  readonly knobs: Readonly<Record<string, readonly number[]>>;
  readonly packages: readonly string[];
}

export interface PeerResult {
  readonly name: PeerName;
  readonly bench: CaseKey;
  readonly speaksOip: boolean;
  readonly best: Knobs;
  readonly swept: readonly { readonly knobs: Knobs; readonly perSecond: number }[];
  readonly versions: string;
  /** Ours over theirs. */
  readonly rateRatio: number;
  /** NaN for a peer that does not speak OIP. */
  readonly p99Ratio: number;
}

interface PeerRun extends SuiteOptions {
  readonly name: PeerName;
  readonly config: PeerConfig;
  readonly bench: BenchCase;
  readonly want: Float32Array;
  readonly python: string;
}

/** Sources of the peers are not compiled: they stay in the source tree. */
export const PEERS_FOLDER = join(dirname(findProtoFolder()), 'test', 'bench', 'peers');

export async function runPeer(name: PeerName, bench: BenchCase, options: SuiteOptions): Promise<{ result: PeerResult; tables: Table[] }> {
  const config = readPeerConfig(name);
  const python = await ensurePeerVenv(name, join(PEERS_FOLDER, name, 'requirements.txt'), options.say);
  const raw = new RawProcess(bench, SERVER_CORE);
  const want = await raw.answer().finally(() => raw.stop());
  const run: PeerRun = { ...options, name, config, bench, want, python };
  const swept = await sweepKnobs(run);
  const best = swept.reduce((a, b) => (b.perSecond > a.perSecond ? b : a)).knobs;
  return await compare(run, { swept, best });
}

async function sweepKnobs(run: PeerRun): Promise<{ knobs: Knobs; perSecond: number }[]> {
  const swept: { knobs: Knobs; perSecond: number }[] = [];
  const failures: string[] = [];
  for (const knobs of listKnobs(run.config.knobs)) {
    try {
      const server = await startPeer(run, knobs);
      try {
        const contender = newServerContender({ server, load: loadOf(run), folder: run.folder, core: CLIENT_CORE });
        await contender.measure(Math.min(1, run.pace.seconds));
        const { perSecond } = await contender.measure(run.pace.seconds);
        swept.push({ knobs, perSecond });
        run.say(`  ${run.name} ${describeKnobs(knobs)}: ${perSecond.toFixed(0)}/s`);
      } finally {
        await server.stop();
      }
    } catch (error) {
      failures.push(String(error));
      run.say(`  ${run.name} ${describeKnobs(knobs)}: ${String(error).slice(0, 1000)}`);
    }
  }
  if (swept.length === 0) throw new Error(`${run.name} ran with none of its settings: ${failures[0]}`);
  return swept;
}

async function compare(run: PeerRun, { swept, best }: Pick<PeerResult, 'swept' | 'best'>): Promise<{ result: PeerResult; tables: Table[] }> {
  const { name, bench, want, config, folder, pace } = run;
  const peer = await startPeer(run, best);
  const slipway = await startSlipway({ bench, want, cores: [SERVER_CORE] }).catch(async (error: unknown) => {
    await peer.stop();
    throw error;
  });
  try {
    const versions = await readVersions(run.python, config.packages);
    const ours = newServerContender({ server: slipway, load: bench.load, folder, core: CLIENT_CORE });
    const theirs = newServerContender({ server: peer, load: loadOf(run), folder, core: CLIENT_CORE });
    const measured = await measureInTurns([theirs, ours], { ...pace, rounds: Math.min(3, pace.rounds) });
    const [them, us] = measured;
    const notes = [
      `${versions}; kept ${describeKnobs(best)} of ${swept.map((one) => `${describeKnobs(one.knobs)} → ${one.perSecond.toFixed(0)}/s`).join(', ')}`,
    ];
    const how =
      config.protocol === 'grpc'
        ? `OIP over gRPC, -c${bench.load.connections} -m${bench.load.streams}`
        : `${name} over HTTP/1.1 -c${loadOf(run).connections}, ours over gRPC -c${bench.load.connections} -m${bench.load.streams}`;
    const closed: Table = {
      bench: bench.key,
      key: 'peer',
      title: `${bench.title}: ${name}, ${how}; servers on core 0, load on core 1`,
      measured,
      notes,
    };
    const partial = {
      name,
      bench: bench.key,
      speaksOip: config.protocol === 'grpc',
      best,
      swept,
      versions,
      rateRatio: medianRatio(us, them, 'perSecond'),
    };
    if (config.protocol !== 'grpc' || them === undefined || us === undefined)
      return { result: { ...partial, p99Ratio: Number.NaN }, tables: [closed] };
    const rate = Math.max(8, Math.round(0.7 * Math.min(medianOf(them, 'perSecond'), medianOf(us, 'perSecond'))));
    const open = await compareOpenLoop(run, [peer, slipway], rate);
    const p99Ratio = medianRatio(open.measured[1], open.measured[0], 'p99Ms');
    return { result: { ...partial, p99Ratio }, tables: [closed, open] };
  } finally {
    await slipway.stop();
    await peer.stop();
  }
}

async function compareOpenLoop({ bench, name, folder, pace }: PeerRun, servers: readonly Server[], requestsPerSecond: number): Promise<Table> {
  const load = { connections: 8, streams: 128 };
  const contenders = servers.map((server) => newServerContender({ server, load, folder, core: CLIENT_CORE, requestsPerSecond }));
  const measured = await measureInTurns(contenders, { rounds: Math.min(3, pace.rounds), seconds: Math.max(2, pace.seconds) });
  return {
    bench: bench.key,
    key: 'peer-open-loop',
    title: `${bench.title}: ${name} and ${NAMES.slipway}, open loop, ${requestsPerSecond} requests/s offered`,
    measured,
    notes: [],
  };
}

async function startPeer({ name, config, bench, want, python }: PeerRun, knobs: Knobs): Promise<Server> {
  const port = await findPort();
  const folder = join(PEERS_FOLDER, name);
  const settings = Object.fromEntries(Object.entries(knobs).map(([knob, value]) => [`BENCH_${knob.toUpperCase()}`, String(value)]));
  const env = {
    BENCH_MODEL: bench.modelPath,
    BENCH_PORT: String(port),
    BENCH_SPARE_PORT: String(await findPort()),
    BENCH_THIRD_PORT: String(await findPort()),
  };
  return await Server.start({
    name,
    command: python,
    args: [join(folder, 'server.py')],
    cwd: folder,
    env: {
      ...env,
      BENCH_INPUTS: JSON.stringify(bench.inputs),
      PYTHONPATH: PEERS_FOLDER,
      PYTHONDONTWRITEBYTECODE: '1',
      PATH: `${dirname(python)}:${process.env['PATH'] ?? ''}`,
      ...settings,
    },
    cores: [SERVER_CORE],
    question: makeQuestion(config, bench, { port, want }),
  });
}

function makeQuestion({ protocol, path, body }: PeerConfig, bench: BenchCase, { port, want }: { port: number; want: Float32Array }): Question {
  const tensors = makeTensors(bench.inputs, 1);
  if (protocol === 'grpc') return { protocol, port, path: INFER_PATH, body: makeGrpcBody(tensors), want };
  const bytes = Buffer.from(tensors[0]?.bytes ?? []);
  return { protocol, port, path, body: protocol === 'raw' ? bytes : Buffer.from((body ?? '').replace('$base64', bytes.toString('base64'))), want };
}

/** HTTP/1.1 has one request at a time on a connection: as many connections as gRPC has requests. */
function loadOf({ config, bench: { load } }: PeerRun): Load {
  return config.protocol === 'grpc' ? load : { connections: load.connections * load.streams, streams: 1 };
}

/** Every combination. */
export function listKnobs(knobs: PeerConfig['knobs']): Knobs[] {
  return Object.entries(knobs).reduce<Knobs[]>(
    (all, [name, values]) => all.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
    [{}],
  );
}

function describeKnobs(knobs: Knobs): string {
  return Object.entries(knobs)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

function readPeerConfig(name: PeerName): PeerConfig {
  const config: PeerConfig = JSON.parse(readFileSync(join(PEERS_FOLDER, name, 'peer.json'), 'utf8'));
  return config;
}
