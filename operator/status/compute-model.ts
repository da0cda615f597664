/** What is known of the model that serves: from the pod's own report, else from before, else from what an init container left. */

import type { ModelStatusz } from '../../contract/statusz.js';
import type { ModelDeploymentStatus, StatusColdStart, StatusModel } from '../api/zz_generated.modeldeployment.js';
import { readFetched } from '../plan/read-fetched.js';
import type { FetchedModel } from '../view/revision-view.js';
import type { Assessment } from './assess.js';

type ModelPart = Pick<ModelDeploymentStatus, 'model' | 'coldStart'>;

/** The CRD's limit of tensors in a signature. */
const MAX_TENSORS = 64;

export function computeModel(facts: Assessment): ModelPart {
  const { plan, serving } = facts;
  const { observed } = plan.context;
  const digest = serving?.stored?.digest;
  const before = observed.model.status;
  if (digest === undefined || digest === '') return plan.digest?.kind === 'Known' ? unserved(plan.digest.digest, before) : {};
  const earlier = before?.columns?.revision;
  // of another revision, unless somebody had taken the Service away or had it select what is none
  const isOther = earlier !== serving?.name && observed.revisions.some(({ name }) => name === earlier);
  const isSame = before?.model?.digest === digest && !isOther;
  const kept: ModelPart = isSame ? pickModel(before) : {};
  const report = observed.statusz?.report.models.find((model) => isOf(model, observed.model.metadata.name, digest));
  const sourceRevision = serving?.stored?.sourceRevision;
  const named = { digest, ...(sourceRevision === undefined ? {} : { sourceRevision }) };
  const model: StatusModel = { ...findFetched(facts), ...kept.model, ...named, ...(report === undefined ? {} : fromReport(report)) };
  const coldStart: StatusColdStart = { ...kept.coldStart, ...(report === undefined ? {} : fromSeconds(report.seconds)) };
  return Object.keys(coldStart).length === 0 ? { model } : { model, coldStart };
}

/** Nothing serves, but what is known of the same model stays so: without pods nobody could be asked again. */
function unserved(digest: string, before: ModelDeploymentStatus | undefined): ModelPart {
  return before?.model?.digest === digest ? pickModel(before) : { model: { digest } };
}

/** An address of a pod that is gone may be another's by the time that it is asked. */
function isOf(report: ModelStatusz, name: string, digest: string): boolean {
  return report.name === name && (report.digest === undefined || report.digest === digest);
}

function pickModel({ model, coldStart }: ModelDeploymentStatus): ModelPart {
  return { ...(model === undefined ? {} : { model }), ...(coldStart === undefined ? {} : { coldStart }) };
}

/** By the oldest pod of the serving revision that fetched: always the same one while it lives, so that the status does not flicker. */
function findFetched({ serving }: Assessment): FetchedModel {
  const oldestFirst = [...(serving?.pods ?? [])].sort((a, b) => (a.createdAtMs ?? 0) - (b.createdAtMs ?? 0) || (a.name < b.name ? -1 : 1));
  for (const pod of oldestFirst) {
    const fetched = readFetched(pod);
    if (fetched !== undefined) return fetched;
  }
  return serving?.stored?.failed?.fetched ?? {};
}

function fromReport({ format, provider, signature, contentDigest, bytes, verifiedAt }: ModelStatusz): Partial<StatusModel> {
  return {
    format,
    provider,
    signature: { inputs: signature.inputs.slice(0, MAX_TENSORS), outputs: signature.outputs.slice(0, MAX_TENSORS) },
    ...(contentDigest === undefined ? {} : { contentDigest }),
    ...(bytes === undefined ? {} : { bytes }),
    ...(verifiedAt === undefined ? {} : { verifiedAt }),
  };
}

function fromSeconds({ download, load, warmup }: ModelStatusz['seconds']): StatusColdStart {
  return { ...(download === undefined ? {} : { download }), load, warmup };
}
