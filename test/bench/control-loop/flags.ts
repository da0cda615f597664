/** What can be asked of the benchmark of the control loop. */
export interface ControlLoopFlags {
  readonly quick: boolean;
  /** Only these parts; none: all. */
  readonly parts: readonly PartName[];
  readonly soakMinutes: number;
  readonly markdown?: string;
  /** Another operator than that of this working copy. */
  readonly operator?: string;
  /** Folder for a CPU profile of the operator of each part. */
  readonly profile?: string;
}

export const PART_NAMES = ['create', 'spread', 'large', 'soak'] as const;
export type PartName = (typeof PART_NAMES)[number];
