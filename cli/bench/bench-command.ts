/** `slipway bench`: asks a model over and over, level by level. */
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeError } from '../../lib/logger.js';
import { formatAddress } from '../client/address.js';
import { ClientError } from '../client/client-error.js';
import { findModel } from '../client/find-model.js';
import type { InferenceClient, PreparedRequest } from '../client/inference-client.js';
import { newInferenceClient } from '../client/new-client.js';
import { reportFailure } from '../report-failure.js';
import { UsageError } from '../usage-error.js';
import { type BenchOptions, parseBenchFlags } from './bench-flags.js';
import { findNotes, formatHeader, formatRow } from './format-report.js';
import type { Level } from './level.js';
import { measureLevel, type Setup } from './measure-level.js';
import { planInputs } from './plan-inputs.js';
import { renderPlot } from './plot.js';

/** A server that hangs does not hold the end of a level up. */
const STATISTICS_MS = 2000;

/** As a shell counts a program that Ctrl-C ended. */
const INTERRUPTED = 130;

interface Outcome {
  readonly levels: readonly Level[];
  /** One line. */
  readonly inputs: string;
  readonly version: string;
}

/** Resolves with the exit code. */
export async function runBench(argv: readonly string[]): Promise<number> {
  const clients: InferenceClient[] = [];
  const abort = new AbortController();
  const interrupt = (): void => {
    process.removeListener('SIGINT', interrupt); // a second one ends the process at once
    console.error('Interrupted: what was measured so far follows');
    abort.abort();
  };
  try {
    const options = parseBenchFlags(argv);
    for (let index = 0; index <= options.connections; index++) clients.push(newInferenceClient(options.connection));
    const outcome = await bench(options, clients, { signal: abort.signal, onStart: () => process.on('SIGINT', interrupt) });
    tell(options, outcome, abort.signal.aborted);
    if (abort.signal.aborted) return INTERRUPTED;
    return outcome.levels.every(({ requests }) => requests === 0) ? 1 : 0;
  } catch (error) {
    return reportFailure('bench', error);
  } finally {
    process.removeListener('SIGINT', interrupt);
    for (const client of clients) client.close();
  }
}

interface Interruption {
  readonly signal: AbortSignal;
  /** From here on there is something to tell: before, Ctrl-C ends the process as it ends any. */
  onStart(): void;
}

/** The first client asks about the model, so that its calls wait behind no others; the rest carry the load. */
async function bench(options: BenchOptions, [asking, ...clients]: readonly InferenceClient[], { signal, onStart }: Interruption): Promise<Outcome> {
  if (asking === undefined) throw new Error('A benchmark needs a connection');
  const metadata = await findModel(asking, options.model, options.version);
  const { tensors, description } = planInputs(metadata, options.inputs);
  const request = asking.prepare({ model: options.model, version: options.version, inputs: tensors });
  const { version } = await probe(asking, request, description);
  if (!options.isJson) console.log(`${options.model} version ${version} at ${formatAddress(options.connection.address)}, ${description}`);
  onStart();
  const levels = await sweep(options, { clients, request, signal, fetchStatistics: () => fetchIfServed(asking, options.model, version) });
  return { levels, version, inputs: description };
}

/** One request, read to its end: what fails now would fail a million times. */
async function probe(client: InferenceClient, request: PreparedRequest, inputs: string): Promise<{ version: string }> {
  try {
    return (await client.infer(request)).decode();
  } catch (error) {
    if (!(error instanceof ClientError) || error.code !== 'INVALID_ARGUMENT') throw error;
    const hint = `The inputs were ${inputs}: give values that the model takes with --input NAME=VALUE, or a shape with --shape NAME=1,2,3`;
    throw new ClientError(error.code, `${error.message}\n${hint}`, { cause: error });
  }
}

type Parts = Pick<Setup, 'clients' | 'request' | 'signal' | 'fetchStatistics'>;

async function sweep(options: BenchOptions, parts: Parts): Promise<Level[]> {
  const { isStream, warmupSeconds, durationSeconds, connection, isJson } = options;
  const setup: Setup = { ...parts, isStream, warmupSeconds, durationSeconds, timeoutSeconds: connection.timeoutSeconds, mostInFlight: 4096 };
  const levels: Level[] = [];
  if (!isJson) console.log(`\n${formatHeader('perSecond' in (options.levels[0] ?? {}))}`);
  for (const kind of options.levels) {
    if (parts.signal.aborted) break;
    const level = await measureLevel(kind, setup);
    if (level === undefined) break;
    levels.push(level);
    if (!isJson) console.log(formatRow(level));
  }
  return levels;
}

/** Statistics are a help and no condition: without them their columns are empty. */
async function fetchIfServed(client: InferenceClient, model: string, version: string): ReturnType<InferenceClient['fetchStatistics']> {
  const asked = client.fetchStatistics(model, version).catch(() => undefined);
  return await Promise.race([asked, sleep(STATISTICS_MS, undefined, { ref: false })]);
}

function tell(options: BenchOptions, { levels, inputs, version }: Outcome, isInterrupted: boolean): void {
  const { model, isJson, isStream, connections, connection, plotFile, durationSeconds, warmupSeconds } = options;
  const address = formatAddress(connection.address);
  const { protocol } = connection;
  if (isJson) {
    const facts = { model, version, address, protocol, isStream, connections, inputs, durationSeconds, warmupSeconds, isInterrupted };
    console.log(JSON.stringify({ ...facts, levels }, undefined, 2)); // NaN becomes null
  } else for (const note of findNotes(levels)) console.log(`\n${note}`);
  if (plotFile === undefined || levels.length === 0) return;
  const plot = renderPlot(levels, {
    title: `${model} version ${version}: latency and throughput`,
    subtitle: `${isStream ? 'streams' : protocol} at ${address}, ${connections} connection${connections === 1 ? '' : 's'}, ${inputs}`.slice(0, 100),
  });
  try {
    writeFileSync(plotFile, plot);
    console.error(`Wrote ${plotFile}`);
  } catch (cause) {
    throw new UsageError(`--plot "${plotFile}" cannot be written: ${describeError(cause)}`, { cause });
  }
}
