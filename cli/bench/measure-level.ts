/** Loads the server for a while and tells what came of it. */
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InferenceClient, ModelStatistics, PreparedRequest } from '../client/inference-client.js';
import { type Asker, StreamAsker, UnaryAsker } from './askers.js';
import { computeLevel, type Level, type LevelKind } from './level.js';
import { type Load, startClosedLoop, startOpenLoop } from './load.js';
import { Tally } from './tally.js';

export interface Setup {
  /** One connection each. */
  readonly clients: readonly InferenceClient[];
  readonly request: PreparedRequest;
  readonly isStream: boolean;
  readonly warmupSeconds: number;
  readonly durationSeconds: number;
  readonly timeoutSeconds: number;
  readonly mostInFlight: number;
  /** Undefined where the server has none. */
  readonly fetchStatistics: () => Promise<ModelStatistics | undefined>;
  /** Ends the level early, with what was measured until then. */
  readonly signal: AbortSignal;
}

/** Undefined when it was ended before it measured anything. */
export async function measureLevel(kind: LevelKind, setup: Setup): Promise<Level | undefined> {
  const { signal, fetchStatistics } = setup;
  const tally = new Tally();
  const askers = newAskers('concurrency' in kind ? kind.concurrency : Math.max(setup.clients.length, 1), setup);
  const load = start(kind, askers, { tally, setup });
  await pause(setup.warmupSeconds, signal);
  const before = signal.aborted ? undefined : await fetchStatistics();
  tally.clear();
  const [startedAt, cpuBefore, loopBefore] = [performance.now(), process.cpuUsage(), performance.eventLoopUtilization()];
  await pause(setup.durationSeconds, signal);
  const seconds = (performance.now() - startedAt) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  const clientBusy = performance.eventLoopUtilization(loopBefore).utilization;
  const partial = { seconds, cpuSeconds: (cpu.user + cpu.system) / 1e6, clientBusy, before };
  const level = computeLevel(kind, tally, { ...partial, after: undefined }); // before answers that come from now on change the tally
  if (signal.aborted && level.requests === 0) return undefined;
  const after = await fetchStatistics();
  const told = computeLevel(kind, tally, { ...partial, after });
  if (!signal.aborted) await load.stop();
  else void load.stop();
  for (const asker of askers) asker.close();
  return { ...level, queueMs: told.queueMs, computeMs: told.computeMs, rowsPerRun: told.rowsPerRun };
}

function newAskers(count: number, { clients, request, isStream, warmupSeconds, durationSeconds, timeoutSeconds }: Setup): Asker[] {
  return Array.from({ length: count }, (_, index) => {
    const client = clients[index % clients.length];
    if (client === undefined) throw new Error('A benchmark needs a connection');
    return isStream ? new StreamAsker(client, request, warmupSeconds + durationSeconds + timeoutSeconds) : new UnaryAsker(client, request);
  });
}

function start(kind: LevelKind, askers: readonly Asker[], { tally, setup }: { tally: Tally; setup: Setup }): Load {
  if ('concurrency' in kind) return startClosedLoop(askers, tally);
  let next = 0;
  const pick = (): Asker => {
    const asker = askers[next++ % askers.length];
    if (asker === undefined) throw new Error('A benchmark needs a connection');
    return asker;
  };
  return startOpenLoop(pick, tally, { perSecond: kind.perSecond, mostInFlight: setup.mostInFlight });
}

/** As long as nobody interrupts. */
async function pause(seconds: number, signal: AbortSignal): Promise<void> {
  await sleep(seconds * 1000, undefined, { signal }).catch(() => undefined);
}
