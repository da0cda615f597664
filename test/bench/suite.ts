/** The tables of a run without peers: for each model ONNX Runtime itself, the naive server, the null server and Slipway in turns. */
import type { BenchCase, CaseKey, Load } from './cases.js';
import { newRawContender, newServerContender, startNaive, startNodeNull, startNull, startSlipway, sweepBatch } from './contenders.js';
import { type Contender, type Measured, measureInTurns, medianOf, type Pace } from './measure.js';
import { RawProcess } from './raw-process.js';
import type { Server } from './server.js';

/** Where who runs. The server has core 0, the load core 1; where a worker is to have two cores, the load shares the second. */
export const SERVER_CORE = 0;
export const CLIENT_CORE = 1;
export const BOTH = [SERVER_CORE, CLIENT_CORE] as const;

export type TableKey = 'closed' | 'many-connections' | 'two-cores' | 'open-loop' | 'peer' | 'peer-open-loop';

export interface Table {
  readonly bench: CaseKey;
  readonly key: TableKey;
  readonly title: string;
  readonly measured: readonly Measured[];
  readonly notes: readonly string[];
}

export interface SuiteOptions {
  readonly folder: string;
  readonly pace: Pace;
  readonly say: (text: string) => void;
}

/** Names of contenders, as tables and targets call them. */
export const NAMES = {
  slipway: 'Slipway',
  naive: 'naive grpc-js server',
  null: 'null server',
  nodeNull: 'null server on node:http2',
  oneWorker: 'Slipway, 1 worker',
  allCores: 'Slipway, workers = cores',
} as const;

const LARGE: readonly CaseKey[] = ['cls', 'rec'];
/** What is under way when a round ends does not count, and of a large model that is much of a short round. */
const LONGER = 2;

export async function runCase(bench: BenchCase, options: SuiteOptions): Promise<Table[]> {
  const raw = new RawProcess(bench, SERVER_CORE);
  const servers: Server[] = [];
  try {
    const want = await raw.answer();
    const { rows, swept } = await sweepBatch(raw, bench.sweep, options.pace.seconds / 2);
    const context: CaseContext = { ...options, bench, want, notes: [], raw: newRawContender(raw, rows), servers };
    const sweepNote = `rows/s of ONNX Runtime by batch size: ${Object.entries(swept)
      .map(([size, rate]) => `${size} → ${rate}`)
      .join(', ')}`;
    const tables = LARGE.includes(bench.key) ? await runLarge(context) : await runSmall(context);
    return tables.map((table, index) => (index === 0 ? { ...table, notes: [sweepNote, ...table.notes] } : table));
  } finally {
    raw.stop();
    for (const server of servers) await server.stop();
  }
}

interface CaseContext extends SuiteOptions {
  readonly bench: BenchCase;
  readonly want: Float32Array;
  readonly raw: Contender;
  /** Stopped at the end. */
  readonly servers: Server[];
  /** What could not be measured, and why. */
  readonly notes: string[];
}

/** Models that cost less than their transport: the server on one core. */
async function runSmall(context: CaseContext): Promise<Table[]> {
  const { bench, want } = context;
  const options = { bench, want, cores: [SERVER_CORE] };
  const starts = [() => startNaive(options), () => startNodeNull(options), () => startNull(options), () => startSlipway(options)];
  for (const start of starts) await tryStart(context, start);
  const { servers } = context;
  const closed: TablePlan = { key: 'closed', load: bench.load, extra: [context.raw], servers };
  if (bench.key !== 'mlp') return [await runTable(context, closed)];
  const many: TablePlan = { key: 'many-connections', load: { connections: 64, streams: 1 }, extra: [], servers };
  const tables = await runTables(context, [closed, many]);
  return [...tables, await runOpenLoop(context, tables)];
}

/** Models that cost more than their transport: one worker on two cores against ONNX Runtime with one thread. */
async function runLarge(context: CaseContext): Promise<Table[]> {
  const { bench, want } = context;
  const one = { bench, want, cores: [SERVER_CORE] };
  await tryStart(context, () => startNaive(one));
  await tryStart(context, () => startSlipway({ ...one, name: NAMES.oneWorker }));
  for (const server of context.servers) await server.widen(BOTH);
  await tryStart(context, () => startSlipway({ ...one, cores: BOTH, name: NAMES.allCores }));
  const pace = { ...context.pace, seconds: LONGER * context.pace.seconds };
  const table = await runTable({ ...context, pace }, { key: 'two-cores', load: bench.load, extra: [context.raw], servers: context.servers });
  return [{ ...table, notes: [...table.notes, ...describeServingCost(table)] }];
}

/** What is left of a request's CPU when ONNX Runtime's own, at its best batch size, is taken away. */
function describeServingCost({ measured: [raw, ...servers] }: Table): string[] {
  if (raw === undefined) return [];
  const costs = servers.map((one) => `${one.name} ${Math.round(medianOf(one, 'serverCpuUs') - medianOf(raw, 'serverCpuUs'))} µs`);
  return [`server CPU per request beyond ONNX Runtime's at its best batch: ${costs.join(', ')}`];
}

/** A contender that cannot serve a model is a note in the table, not the end of the run. */
async function tryStart(context: CaseContext, start: () => Promise<Server>): Promise<void> {
  try {
    context.servers.push(await start());
  } catch (error) {
    context.notes.push(`not measured: ${String(error).replace(/\s+/g, ' ').slice(0, 400)}`);
    context.say(`  ${context.notes.at(-1)}`);
  }
}

interface TablePlan {
  readonly key: TableKey;
  readonly load: Load;
  readonly extra: readonly Contender[];
  readonly servers: readonly Server[];
  readonly requestsPerSecond?: number;
}

async function runTable(context: CaseContext, plan: TablePlan): Promise<Table> {
  const [table] = await runTables(context, [plan]);
  if (table === undefined) throw new Error('A plan gave no table');
  return table;
}

/** Several tables whose contenders all take turns with one another, so that figures of one compare with those of another. */
async function runTables(context: CaseContext, plans: readonly TablePlan[]): Promise<Table[]> {
  const { bench, pace, say, notes } = context;
  const contenders = plans.map((plan) => newContenders(context, plan));
  const titles = plans.map((plan) => describePlan(bench, plan));
  for (const title of titles) say(`▸ ${title}`);
  const measured = await measureInTurns(contenders.flat(), pace);
  return plans.map(({ key }, index) => {
    const first = contenders.slice(0, index).flat().length;
    const own = measured.slice(first, first + (contenders[index]?.length ?? 0));
    return { bench: bench.key, key, title: titles[index] ?? '', measured: own, notes: [...notes] };
  });
}

function newContenders({ folder }: CaseContext, { load, extra, servers, requestsPerSecond }: TablePlan): Contender[] {
  const rate = requestsPerSecond === undefined ? {} : { requestsPerSecond };
  return [...extra, ...servers.map((server) => newServerContender({ server, load, folder, core: CLIENT_CORE, ...rate }))];
}

function describePlan({ title }: BenchCase, { key, load, requestsPerSecond }: TablePlan): string {
  const how = requestsPerSecond === undefined ? '' : `, open loop, ${requestsPerSecond} requests/s offered`;
  const where = key === 'two-cores' ? 'server on cores 0 and 1, load on core 1' : 'server on core 0, load on core 1';
  return `${title}: -c${load.connections} -m${load.streams}${how}; ${where}`;
}

/** At 70 % of what the slower one can: where a queue begins to show, and both are asked the same. */
async function runOpenLoop(context: CaseContext, tables: readonly Table[]): Promise<Table> {
  const compared: readonly string[] = [NAMES.naive, NAMES.slipway];
  const closed = tables[0]?.measured.filter(({ name }) => compared.includes(name)) ?? [];
  const slowest = Math.min(...closed.map((one) => medianOf(one, 'perSecond')));
  const requestsPerSecond = Math.round(0.7 * slowest);
  const pace = { rounds: Math.min(3, context.pace.rounds), seconds: Math.max(2, context.pace.seconds) };
  const load = { connections: 8, streams: 128 }; // streams enough that no question waits for an answer
  return await runTable({ ...context, pace }, { key: 'open-loop', load, extra: [], servers: context.servers, requestsPerSecond });
}
