/**
 * From a file to a model that answers: read its graph, load it, run it once, prove which requests may share a run and how
 * many, decide where it runs and how often, and put a scheduler in front.
 */
import { stat } from 'node:fs/promises';
import { findMismatch } from '../core/check-settings.js';
import { LoadError } from '../core/load-error.js';
import type { ModelSettings } from '../core/model-settings.js';
import { countBytes } from '../core/tensor.js';
import type { InferenceStatistics } from '../dataplane/inference-statistics.js';
import type { Backend, LoadOptions, Servable, Session, SessionEvent, SessionMode } from '../dataplane/ports.js';
import { BatchSizeLearner } from '../scheduler/batch-size-learner.js';
import { type DecoratedScheduler, decorateScheduler } from '../scheduler/decorate-scheduler.js';
import { newModelScheduler, setTimer } from '../scheduler/new-model-scheduler.js';
import { countInlineRows } from './count-inline-rows.js';
import { type GraphFacts, readGraphFacts } from './graph-facts.js';
import type { LocatedModel } from './located-model.js';
import { hasFixedRows, limitToCache } from './plan-batches.js';
import { type HostResources, type LoadPlan, planLoad } from './plan-load.js';
import { type ProvenBatches, proveBatches } from './prove-batches.js';
import { readInitialStates } from './read-initial-states.js';
import { reshapeSession } from './reshaped-session.js';
import { runWarmupSamples } from './run-warmup-samples.js';
import { addDefaults } from './signed-session.js';
import { sweepBatches } from './sweep-batches.js';
import { type Warmth, warmSession } from './warm-session.js';

/** For measuring again in the serving thread, where no run is long. */
const INLINE_SWEEP_SECONDS = 0.1;

export interface PrepareOptions {
  readonly name: string;
  readonly located: LocatedModel;
  readonly settings: ModelSettings;
  readonly statistics: InferenceStatistics;
  readonly backend: Backend;
  readonly host: HostResources;
  readonly monotonicSeconds: () => number;
  /** The first session is loaded; what follows are trial runs. */
  readonly onLoaded: () => void;
  readonly onCrash: (error: Error) => void;
  readonly onSession: (event: SessionEvent) => void;
}

export interface PreparedModel {
  readonly servable: Servable;
  /** What keeps states and answers around the servable's scheduler. */
  readonly decorated: DecoratedScheduler;
  readonly sessions: readonly Session[];
  readonly mode: SessionMode;
  /** Why it runs in processes although nobody asked for it. */
  readonly modeWhy?: string;
  /** Intra-op threads of each session. */
  readonly threads: number;
  readonly loadSeconds: number;
  readonly warmupSeconds: number;
  /** For the log: what was done to the graph, and why a warm-up told little. */
  readonly notes: readonly string[];
}

/** Rejects with LoadError; no session is left open then. */
export async function prepareServable(options: PrepareOptions): Promise<PreparedModel> {
  const open: Session[] = [];
  try {
    return await new Preparation(options, open).run();
  } catch (error) {
    await Promise.allSettled(open.map((session) => session.close()));
    throw error;
  }
}

class Preparation {
  constructor(
    readonly options: PrepareOptions,
    /** What has to be closed if this fails. */
    readonly open: Session[],
  ) {}

  async run(): Promise<PreparedModel> {
    const { located, host, monotonicSeconds, onLoaded } = this.options;
    const began = monotonicSeconds();
    const facts = await readGraphFacts(located.path);
    const settings = this.#withLabels(facts);
    const isIsolated = facts.empty.inside !== undefined && host.sessionMode === undefined;
    const plan = planLoad(settings, isIsolated ? { ...host, sessionMode: 'process' } : host, (await stat(located.path)).size);
    const first = await this.#load(facts, plan.options);
    const loaded = monotonicSeconds();
    onLoaded();
    const warmth = await this.#warm(first);
    const batches = await proveBatches({ session: first, settings, facts, warmth, nowSeconds: monotonicSeconds });
    const placed = await this.#place(first, { facts, plan, warmth, batches });
    const { servable, decorated } = this.#serve(settings, facts, placed);
    for (const session of this.open) session.trim?.(); // the file, its graph, and batches as large as any that will come
    const modeWhy = isIsolated ? describeIsolation(facts) : undefined;
    const isolation = modeWhy === undefined ? [] : [`it runs in a process of its own: ${modeWhy} (--session-mode overrules this)`];
    const notes = [...facts.edits, ...isolation, ...(warmth.note === undefined ? [] : [warmth.note]), ...decorated.notes];
    return {
      servable,
      decorated,
      sessions: placed.sessions,
      mode: placed.mode,
      ...(modeWhy === undefined ? {} : { modeWhy }),
      threads: placed.mode === 'inline' ? 1 : plan.threads,
      loadSeconds: loaded - began,
      warmupSeconds: monotonicSeconds() - loaded,
      notes,
    };
  }

  async #load(facts: GraphFacts, options: LoadOptions): Promise<Session> {
    const { backend, located, settings, onCrash, onSession } = this.options;
    const bytes = facts.bytes === undefined ? {} : { bytes: facts.bytes };
    const loaded = await backend.load(located.path, { ...options, ...bytes, onSession }, onCrash);
    this.open.push(loaded);
    const session = addDefaults(loaded, facts.defaults);
    const mismatch = findMismatch(session.signature, settings);
    if (mismatch !== undefined) throw new LoadError('MODEL_INVALID', 'load', mismatch);
    return reshapeSession(session, settings);
  }

  async #warm(session: Session): Promise<Warmth> {
    const { settings } = this.options;
    if (settings.warmup.length > 0) await runWarmupSamples(session, this.options);
    // a warm-up of the user's own stands for the one that is made up, which may not suit the model
    return await warmSession(session).catch((error: unknown) => {
      if (settings.warmup.length === 0) throw error;
      return { outputs: [], note: error instanceof Error ? error.message : String(error) };
    });
  }

  /** Where it runs, and how many copies there are. */
  async #place(first: Session, made: { facts: GraphFacts; plan: LoadPlan; warmth: Warmth; batches: ProvenBatches }): Promise<Placed> {
    const { facts, plan, warmth, batches } = made;
    const inlineRows = plan.options.mode === 'thread' ? this.#countInlineRows(first, batches) : 0;
    if (inlineRows > 0) return await this.#placeInline(first, { ...made, rows: inlineRows });
    const sessions = [first];
    for (let copy = 1; copy < plan.instances; copy++) {
      const session = await this.#load(facts, plan.options);
      await runOnce(session, warmth);
      sessions.push(session);
    }
    return { sessions, mode: plan.options.mode ?? 'thread', batches };
  }

  /** 0: not in the serving thread. */
  #countInlineRows(session: Session, batches: ProvenBatches): number {
    const { host, settings } = this.options;
    if (host.sessionMode !== undefined || settings.instances !== undefined || session.provider !== 'cpu') return 0;
    return hasFixedRows(batches.plan, session.signature) ? countInlineRows(batches.plan, batches) : 0;
  }

  async #placeInline(
    first: Session,
    made: { facts: GraphFacts; plan: LoadPlan; warmth: Warmth; batches: ProvenBatches; rows: number },
  ): Promise<Placed> {
    const { facts, warmth, batches, rows } = made;
    const inline = await this.#load(facts, { ...made.plan.options, threads: 1, mode: 'inline' });
    await first.close();
    this.open.splice(0, 1);
    await runOnce(inline, warmth);
    const { seconds, batching } = batches;
    if (batching === undefined) return { sessions: [inline], mode: 'inline', batches };
    const { base } = batching;
    const limited = limitToCache(batches.plan, rows, base);
    const learner = new BatchSizeLearner({ maxRows: limited.maxRows });
    const sizes = [...seconds.keys()].filter((size) => size <= limited.maxRows);
    const { monotonicSeconds: nowSeconds } = this.options;
    // again, because here rows are laid in the serving thread's own time, and a single request is not laid at all
    const sweep = await sweepBatches({ session: inline, plan: limited, base, sizes, learner, budgetSeconds: INLINE_SWEEP_SECONDS, nowSeconds });
    const plan = { ...limited, targetRows: learner.targetRows(countBytes(base)) };
    return { sessions: [inline], mode: 'inline', batches: { plan, batching: { learner, base }, ...sweep } };
  }

  #serve(settings: ModelSettings, facts: GraphFacts, { sessions, batches }: Placed): Pick<PreparedModel, 'servable' | 'decorated'> {
    const { name, located, statistics, monotonicSeconds } = this.options;
    const [{ signature, provider }] = sessions as readonly [Session, ...Session[]];
    const { plan, batching, seconds } = batches;
    const inner = newModelScheduler({
      model: name,
      sessions,
      plan,
      settings,
      statistics,
      nowSeconds: monotonicSeconds,
      nowMs: Date.now,
      ...(batching === undefined ? {} : { learner: batching.learner }),
    });
    for (const [rows, measured] of seconds)
      if (rows <= Math.max(1, plan.maxRows)) for (let repeat = 0; repeat < 3; repeat++) inner.learn(rows, measured);
    const decorated = decorateScheduler(inner, {
      model: name,
      settings,
      signature,
      plan,
      statistics,
      varying: facts.varying,
      initialFiles: readInitialStates(located, settings),
      cacheKeyBase: `${name}/${located.version}`, // the cache is this servable's own: other content comes with another cache
      nowSeconds: monotonicSeconds,
      setTimer,
    });
    const { scheduler, client } = decorated;
    const { rowAxes } = facts;
    const emptyPolicy = { risk: facts.empty.risk, ...(rowAxes === undefined ? {} : { rowAxes }) };
    return { servable: { ...client, provider, settings, instances: sessions.length, scheduler, emptyPolicy }, decorated };
  }

  /** The configuration's own win over those that the exporter wrote into the model. */
  #withLabels(facts: GraphFacts): ModelSettings {
    const { settings } = this.options;
    return facts.labels.size === 0 ? settings : { ...settings, labels: new Map([...facts.labels, ...settings.labels]) };
  }
}

/** Of a further copy, so that nobody pays for lazy set-up. */
async function runOnce(session: Session, { base }: Warmth): Promise<void> {
  if (base !== undefined) await session.run({ parts: [{ inputs: base, rows: 1 }], outputs: session.signature.outputs.map(({ name }) => name) });
}

/** Values decide about sizes in the graph: no check of a request can see that a kernel is about to meet a tensor without elements. */
function describeIsolation({ empty: { inside, risk } }: GraphFacts): string {
  return `${inside} may leave nothing to ${risk}, which can end a process`;
}

interface Placed {
  readonly sessions: readonly Session[];
  readonly mode: SessionMode;
  readonly batches: ProvenBatches;
}
