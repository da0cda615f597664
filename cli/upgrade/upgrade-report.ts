/** What the operator would say of each model, without waiting for it: the same planner over the same objects. Pure. */
import { planModelDeployment } from '../../operator/plan/plan-model-deployment.js';
import type { RenderConfig } from '../../operator/render/config.js';
import type { Observed } from '../../operator/view/observed.js';
import { formatTable } from '../format-table.js';

export interface OfferedUpdate {
  readonly namespace: string;
  readonly name: string;
  readonly revision: string;
  /** Value of spec.runtime.acceptedUpdate that accepts it. */
  readonly update: string;
  readonly changes: readonly string[];
}

/** A consent that is not carried out: what it names is not on offer. */
export interface RefusedConsent {
  readonly namespace: string;
  readonly name: string;
  readonly acceptedUpdate: string;
  readonly offered: string | undefined;
  readonly message: string;
}

export interface UpgradeReport {
  readonly version: string;
  readonly operator: string;
  readonly runtimeImage: string;
  /** Models that were looked at. */
  readonly models: number;
  readonly updates: readonly OfferedUpdate[];
  readonly refusedConsents: readonly RefusedConsent[];
}

export interface ReportInput {
  readonly models: readonly Observed[];
  readonly config: RenderConfig;
  readonly version: string;
  readonly operator: string;
}

export function computeReport({ models, config, version, operator }: ReportInput): UpgradeReport {
  const updates: OfferedUpdate[] = [];
  const refusedConsents: RefusedConsent[] = [];
  for (const observed of models) {
    // nothing that an update depends on depends on the time
    const { wanted, update, refusal, context } = planModelDeployment(observed, config, 0);
    const { namespace, name } = context.identity;
    if (refusal !== undefined) {
      const { acceptedUpdate = '' } = context.spec;
      refusedConsents.push({ namespace, name, acceptedUpdate, offered: update?.id, message: refusal.message });
    } else if (update !== undefined && wanted !== undefined) {
      updates.push({ namespace, name, revision: wanted.name, update: update.id, changes: update.changes });
    }
  }
  return { version, operator, runtimeImage: config.runtimeImage, models: models.length, updates, refusedConsents };
}

export function formatReport({ version, operator, models, updates, refusedConsents }: UpgradeReport): string {
  const against = `Slipway ${version} with the configuration of Deployment ${operator}`;
  const rows = updates.map(({ namespace, name, revision, update, changes }) => [namespace, name, revision, update, changes.join('; ')]);
  const head =
    rows.length === 0
      ? `${against} would render all ${models} ModelDeployments as they are.`
      : `${formatTable([['NAMESPACE', 'NAME', 'REVISION', 'UPDATE', 'CHANGES'], ...rows])}\n\n${against} would render ${rows.length} of ${models} ModelDeployments otherwise. None is rolled unasked; with that operator: kubectl slipway update NAME`;
  return refusedConsents.length === 0 ? head : `${head}\n\n${formatRefused(refusedConsents)}`;
}

function formatRefused(refused: readonly RefusedConsent[]): string {
  const rows = refused.map(({ namespace, name, acceptedUpdate, offered }) => [namespace, name, acceptedUpdate, offered ?? 'none']);
  return `Consents that this version would not carry out, because they name neither what it offers nor a revision that is stored:\n${formatTable([['NAMESPACE', 'NAME', 'ACCEPTED', 'OFFERED'], ...rows])}`;
}
