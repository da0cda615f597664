/** Numbers that the rules of a model's life are made of. */
export const LIMITS = {
  /** Permanently coded failures after which a resolver or a revision is given up. */
  permanentFailures: 3,
  /** Finished resolver pods that are kept for people to look at. */
  keptResolverPods: 3,
  /** Failed serving pods that are kept of each revision, the newest. */
  keptFailedPods: 3,
  /** Older ones that one pass deletes at most. */
  deletedPodsPerPass: 20,
  /** ControllerRevisions per model; the oldest that nothing uses go first. */
  keptRevisions: 10,
  /** Resolver backoff: first × 2^(attempt − 1), at most the last. */
  firstResolveBackoffMs: 10_000,
  lastResolveBackoffMs: 300_000,
  /** How long a container may be ContainerCreating before that is a finding. */
  slowCreateMs: 60_000,
  /** How long a runtime may load before that is a finding. It goes on loading. */
  slowLoadMs: 1_800_000,
  /** Who answered nothing for so long before it was killed hung. Our liveness probe wants a minute of that, and its grace 45 s more. */
  hangMs: 60_000,
  /** How long a pod may be without any word of a scheduler. */
  silentSchedulerMs: 15_000,
  /** A name that somebody else holds is looked at again after this: no watch of ours tells when it is free. */
  conflictRetryMs: 60_000,
  /** A ready pod that did not answer on /statusz is asked again after this, later each time: where nothing lets us through, it stays so. */
  firstStatuszRetryMs: 15_000,
  lastStatuszRetryMs: 600_000,
  statusPods: 20,
  statusBlockers: 10,
  statusRevisions: 20,
  /** Changes of an update in the status, and the bytes of each. */
  updateChanges: 10,
  updateChange: 256,
  /** Longest message of a condition or blocker, in characters (the CRD's limit). */
  message: 1024,
  /** Longest text of a revision's failure that is kept with it: a condition adds where and what to do. */
  evidenceMessage: 600,
} as const;
