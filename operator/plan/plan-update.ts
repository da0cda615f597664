/**
 * Which revision does the spec ask for, would this operator render its pods otherwise, and may it? A revision keeps the pods that it
 * was made with; `spec.runtime.acceptedUpdate` asks for a new one with what is rendered now. What is rolled is what was seen: a
 * consent that names neither the update on offer nor a revision that is there rolls nothing, unless there is nothing to protect
 * (docs/adr/0037).
 */
import { LIMITS } from '../api/limits.js';
import { describeChanges } from '../render/describe-changes.js';
import { computeRevisionName } from '../render/identity.js';
import { isSameJson, templateId } from '../render/normal-template.js';
import { renderServingTemplate } from '../render/serving-template.js';
import type { Json } from '../view/json.js';
import type { RevisionView } from '../view/revision-view.js';
import { type PlanContext, type RevisionState, revisionState } from './context.js';
import { blocked, clip, type Finding } from './finding.js';

export interface Update {
  /** What accepts it. */
  readonly id: string;
  /** At most as many, and as long, as the status has room for. */
  readonly changes: readonly string[];
}

export interface UpdatePlan {
  /** The revision that the spec asks for; undefined when its consent is refused. */
  readonly wanted: RevisionState | undefined;
  readonly update: Update | undefined;
  readonly refusal: Finding | undefined;
}

/** What a revision is made of besides the spec. */
type Source = Pick<RevisionView, 'digest' | 'sourceRevision'>;

export function planUpdate(context: PlanContext, source: Source): UpdatePlan {
  const { observed, identity, spec } = context;
  const { digest } = source;
  const named = revisionState(context, computeRevisionName(identity.name, spec, digest));
  if (named.stored !== undefined) return { wanted: named, update: findUpdate(context, named.stored), refusal: undefined };
  const siblings = findSiblings(context, digest);
  const base = siblings.find(({ name }) => name === observed.serving) ?? siblings.find(({ provenAt }) => provenAt !== undefined);
  // without a consent the model keeps what it has; one that names what is there already has nothing to roll
  const twin = spec.acceptedUpdate === undefined ? base : siblings.find(({ template }) => templateId(template) === spec.acceptedUpdate);
  if (twin !== undefined) return { wanted: revisionState(context, twin.name), update: findUpdate(context, twin), refusal: undefined };
  if (
    observed.serving === named.name ||
    base === undefined ||
    templateId(renderNow(context, { ...source, name: named.name })) === spec.acceptedUpdate
  )
    return { wanted: named, update: undefined, refusal: undefined };
  const update = findUpdate(context, base);
  return { wanted: undefined, update, refusal: refuse(spec.acceptedUpdate ?? '', base, update) };
}

/** As a person reads it: `image a → b; container runtime: args +--x`. */
export function describeUpdate({ id, changes }: Update): string {
  return `Update ${id}: ${changes.join('; ')}`;
}

/** Revisions of this very spec and digest that were made with another consent or none, newest first. */
function findSiblings({ observed, identity, spec }: PlanContext, digest: string): RevisionView[] {
  const isSibling = ({ name, acceptedUpdate }: RevisionView): boolean =>
    name === computeRevisionName(identity.name, { ...spec, acceptedUpdate }, digest);
  return observed.revisions.filter(isSibling).sort((a, b) => b.number - a.number);
}

/** Of revisions, for as long as neither they, nor the spec, nor the chart's settings change: to render and to compare is most of a pass. */
const known = new WeakMap<RevisionView, Pick<PlanContext, 'spec' | 'config'> & { readonly update: Update | undefined }>();

/** Undefined when the revision is what would be rendered now. */
function findUpdate(context: PlanContext, revision: RevisionView): Update | undefined {
  const { spec, config } = context;
  const last = known.get(revision);
  if (last !== undefined && last.spec === spec && last.config === config) return last.update;
  const update = compareWithNow(context, revision);
  known.set(revision, { spec, config, update });
  return update;
}

function compareWithNow(context: PlanContext, revision: RevisionView): Update | undefined {
  const { template } = revision;
  const now = renderNow(context, revision);
  if (isSameJson(now, template)) return undefined;
  const all = describeChanges(template, now).map((change) => clip(change, LIMITS.updateChange));
  if (all.length === 0) return undefined;
  const shown =
    all.length > LIMITS.updateChanges ? [...all.slice(0, LIMITS.updateChanges - 1), `${all.length - LIMITS.updateChanges + 1} more`] : all;
  return { id: templateId(now), changes: shown };
}

function renderNow({ identity, spec, config }: PlanContext, { name, digest, sourceRevision }: Source & { readonly name: string }): Json {
  return renderServingTemplate({ model: identity, spec, digest, sourceRevision, revision: name, config });
}

function refuse(value: string, base: RevisionView, update: Update | undefined): Finding {
  const keep = base.acceptedUpdate === undefined ? 'remove it' : `set it to ${base.acceptedUpdate}`;
  const offer = update === undefined ? 'offers no update' : `offers ${update.id} (${clip(update.changes.join('; '), LIMITS.evidenceMessage)})`;
  const accept = update === undefined ? '' : `Set it to ${update.id} to accept that, or `;
  const fix = `${accept}${keep} to keep revision ${base.name}`;
  return blocked(
    'UpdateNotOffered',
    `spec.runtime.acceptedUpdate "${value}" is not on offer: this operator ${offer}. ${fix.charAt(0).toUpperCase()}${fix.slice(1)}`,
  );
}
