/** Labels and annotations that processes meet at. The group prefix is the API group's. */
export const GROUP = 'slipway.dev';

export const LABELS = {
  /** Name of the ModelDeployment that owns the object. */
  model: 'slipway.dev/model',
  /** Name of the revision, `<name>-<hash8>`. */
  revision: 'slipway.dev/revision',
  /** What the pod is for: `serve` or `resolve`. */
  component: 'slipway.dev/component',
  managedBy: 'app.kubernetes.io/managed-by',
  name: 'app.kubernetes.io/name',
} as const;

export const ANNOTATIONS = {
  /** Hash of the source as the spec names it: a digest once resolved for it is not resolved again. */
  sourceHash: 'slipway.dev/source-hash',
  /** Resolved digest that the object stands for. */
  digest: 'slipway.dev/digest',
  /** What the source calls the digest's bytes for ever, where it has such names: for `hf://` the commit, for `s3://` the version. */
  sourceRevision: 'slipway.dev/source-revision',
  /** On a resolver pod: the model's generation that it was made for, and which attempt for that generation it is (1, 2 …). */
  generation: 'slipway.dev/generation',
  attempt: 'slipway.dev/attempt',
  /** On a ControllerRevision: when all replicas that were asked for were first seen ready. Such a revision is never given up while it serves. */
  proven: 'slipway.dev/proven',
  /** JSON evidence of why a revision was given up; retried only when the spec changes. */
  failed: 'slipway.dev/failed',
  /** On the CRD: revision number of the schema (integer, only grows) and hash of its versions. */
  schemaRevision: 'slipway.dev/schema-revision',
  schemaHash: 'slipway.dev/schema-hash',
} as const;

/** Field manager of every server-side apply, and the value of `managed-by`. */
export const FIELD_MANAGER = 'slipway-operator';
/** Field manager of the owner that an orphan is given: nothing else is applied under this name. */
export const ADOPTION_MANAGER = 'slipway-operator-adoption';
