/** One pass over one ModelDeployment: observe → plan → apply → status, and when to look again. */
import type { Statusz } from '../../contract/statusz.js';
import { RetryError } from '../../lib/errors.js';
import type { Logger } from '../../lib/logger.js';
import { KINDS } from '../api/kinds.js';
import { LIMITS } from '../api/limits.js';
import type { ModelDeploymentStatus } from '../api/zz_generated.modeldeployment.js';
import type { Action } from '../plan/action.js';
import { type Plan, planModelDeployment } from '../plan/plan-model-deployment.js';
import type { Clock, EventRecorder, KubeObject, ModelProbe, ObjectKey, ReconcileResult, Reconciler, Writer } from '../ports.js';
import type { RenderConfig } from '../render/config.js';
import { computeStatus } from '../status/compute-status.js';
import type { Outcome } from '../status/outcome.js';
import { isSameJson } from '../view/json.js';
import type { Observed } from '../view/observed.js';
import { applyPlan } from './apply.js';
import { computeStatusEvents, computeWriteEvents, type ModelEvent } from './events.js';
import { type Caches, observe } from './observe.js';
import { StatusBudget } from './status-budget.js';

export interface ControllerOptions {
  readonly caches: Caches;
  readonly writer: Writer;
  readonly recorder: EventRecorder;
  readonly probe: ModelProbe<Statusz>;
  readonly clock: Clock;
  readonly config: RenderConfig;
  /** Absent: as BUDGET_LIMITS say. */
  readonly budget?: StatusBudget;
  readonly log: Logger;
}

const DONE: ReconcileResult = { kind: 'Done' };

/** The status of a pass, and how long it waits to be written. */
interface Report {
  readonly status: ModelDeploymentStatus;
  readonly waitMs: number | undefined;
}

export class ModelDeploymentController implements Reconciler {
  readonly #budget: StatusBudget;

  constructor(readonly options: ControllerOptions) {
    this.#budget = options.budget ?? new StatusBudget();
  }

  async reconcile(key: ObjectKey, signal: AbortSignal): Promise<ReconcileResult> {
    const { caches, probe, clock, config, writer } = this.options;
    const observed = await observe(key, caches, probe);
    // being deleted, or gone: ownerReferences do the rest
    if (observed === undefined || signal.aborted) return DONE;
    const log = this.options.log.child({ namespace: key.namespace, name: key.name, generation: observed.generation });
    const plan = planModelDeployment(observed, config, clock.now());
    const outcome = await applyPlan(plan, writer, log);
    this.#record(plan, computeWriteEvents(plan, outcome)); // before the status, whose write may fail: no later pass writes the same again
    const report = await this.#writeStatus(plan, outcome);
    if (report.waitMs === undefined) this.#record(plan, computeStatusEvents(plan, report.status));
    const next = this.#nextPass(plan, outcome, report);
    if (outcome.failure !== undefined && outcome.failure.wait === undefined) {
      const atLatestMs = next.kind === 'RequeueAfter' ? next.afterMs : undefined;
      throw new RetryError(atLatestMs, outcome.failure.message, { cause: outcome.failure.error });
    }
    return outcome.written.length === 0 ? next : { ...next, actions: outcome.written.map(nameAction) };
  }

  /** Once, only if it differs, and only when it may: what waits is computed anew by the pass that comes for it. */
  async #writeStatus(plan: Plan, outcome: Outcome): Promise<Report> {
    const { observed, nowMs } = plan.context;
    const status = computeStatus(plan, outcome);
    const { status: before } = observed.model;
    if (isSameJson(status, before)) {
      this.#budget.settle(observed.uid);
      return { status, waitMs: undefined };
    }
    const isUnderWay = outcome.written.length > 0 && outcome.failure === undefined && outcome.conflict === undefined;
    const waitMs = this.#budget.take(observed.uid, { before, after: status, isUnderWay }, nowMs);
    if (waitMs > 0) return { status, waitMs };
    try {
      await this.options.writer.applyStatus(KINDS.modelDeployment, toStatusObject(observed, status));
    } catch (error) {
      this.#budget.refund(observed.uid);
      throw error;
    }
    return { status, waitMs: undefined };
  }

  #record({ context }: Plan, events: readonly ModelEvent[]): void {
    for (const { type, reason, message } of events) this.options.recorder.event({ ...context.observed.model }, type, reason, message);
  }

  /** What the cluster does wakes us by itself; only what time alone does needs an instant. */
  #nextPass({ context, requeueAtMs }: Plan, { conflict, failure }: Outcome, { status, waitMs }: Report): ReconcileResult {
    const waits = [
      waitMs,
      requeueAtMs === undefined ? undefined : requeueAtMs - context.nowMs,
      conflict === undefined ? undefined : LIMITS.conflictRetryMs,
      failure?.wait?.retryAfterMs,
      reportRetryMs(status, context.nowMs),
    ].filter((ms) => ms !== undefined);
    return waits.length === 0 ? DONE : { kind: 'RequeueAfter', afterMs: Math.max(1, Math.min(...waits)) };
  }
}

function nameAction(action: Action): string {
  return 'revision' in action ? `${action.kind} ${action.revision}` : action.kind;
}

/** After as long as the pods have been asked in vain, so that each wait doubles the time: 15 s, 15 s, 30 s, 60 s … 10 min. */
function reportRetryMs(status: ModelDeploymentStatus, nowMs: number): number | undefined {
  const available = status.conditions?.find(({ type }) => type === 'Available');
  if (available?.status !== 'True' || status.model?.signature !== undefined) return undefined;
  const sinceMs = nowMs - Date.parse(available.lastTransitionTime);
  return Math.min(Math.max(sinceMs, LIMITS.firstStatuszRetryMs), LIMITS.lastStatuszRetryMs);
}

/**
 * The uid guards against writing to a namesake that was made since. The version guards what the status alone remembers of a model:
 * one that was computed from an old status must not replace a newer one.
 */
function toStatusObject({ model, uid }: Observed, status: ModelDeploymentStatus): KubeObject {
  const { apiVersion, kind } = KINDS.modelDeployment;
  const { name, namespace, resourceVersion } = model.metadata;
  const known = { ...(namespace === undefined ? {} : { namespace }), ...(resourceVersion === undefined ? {} : { resourceVersion }) };
  return { apiVersion, kind, metadata: { name, uid, ...known }, status };
}
