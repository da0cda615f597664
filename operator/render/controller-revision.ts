/** One revision for good: what was asked, resolved to a digest, and the pod template that it was rendered to. */
import { ANNOTATIONS, LABELS } from '../../contract/labels.js';
import type { CompleteSpec } from '../api/defaults.js';
import { KINDS } from '../api/kinds.js';
import type { KubeObject } from '../ports.js';
import type { RevisionView } from '../view/revision-view.js';
import type { RenderConfig } from './config.js';
import { computeRevisionName, computeSourceHash } from './identity.js';
import { type ModelIdentity, renderObject } from './metadata.js';
import { renderServingTemplate } from './serving-template.js';

export interface RevisionInput {
  readonly model: ModelIdentity;
  readonly spec: CompleteSpec;
  readonly digest: string;
  readonly sourceRevision: string | undefined;
  readonly number: number;
  readonly config: RenderConfig;
}

export function renderNewRevision({ model, spec, digest, sourceRevision, number, config }: RevisionInput): KubeObject {
  const name = computeRevisionName(model.name, spec, digest);
  const { env, resources, accelerator, acceptedUpdate } = spec;
  return renderControllerRevision(model, {
    name,
    number,
    digest,
    sourceHash: computeSourceHash(spec),
    sourceRevision,
    data: {
      image: config.runtimeImage,
      spec: dropUndefined({ model: dropUndefined({ ...spec.model, digest }), env, resources, accelerator, acceptedUpdate }),
      template: renderServingTemplate({ model, spec, digest, sourceRevision, revision: name, config }),
    },
    failed: undefined,
    provenAt: undefined,
  });
}

/** The same object again with what was learned since. `data` is immutable and goes along unchanged: what an apply leaves out is removed. */
export function renderControllerRevision(
  model: ModelIdentity,
  revision: Omit<RevisionView, 'image' | 'template' | 'uri' | 'acceptedUpdate'>,
): KubeObject {
  const { name, number, digest, sourceHash, sourceRevision, data, failed, provenAt } = revision;
  const annotations = {
    [ANNOTATIONS.digest]: digest,
    [ANNOTATIONS.sourceHash]: sourceHash,
    ...(sourceRevision === undefined ? {} : { [ANNOTATIONS.sourceRevision]: sourceRevision }),
    ...(failed === undefined ? {} : { [ANNOTATIONS.failed]: JSON.stringify(failed) }),
    ...(provenAt === undefined ? {} : { [ANNOTATIONS.proven]: provenAt }),
  };
  return renderObject(KINDS.controllerRevision, model, { name, labels: { [LABELS.revision]: name }, annotations }, { data, revision: number });
}

function dropUndefined(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined));
}
