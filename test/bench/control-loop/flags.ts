/** What can be asked of the benchmark of the control loop. */
export interface ControlLoopFlags {
  readonly quick: boolean;
  /** Only these parts; none: all. */
  readonly parts: readonly PartName[];
  readonly soakMinutes: number;
  /** Of models: those that are looked at in full, those that are held, and how many there are in the end. */
  readonly counts?: readonly [number, number, number];
  /** How long nothing has to happen. */
  readonly steadySeconds?: number;
  readonly markdown?: string;
  /** Another operator than that of this working copy. */
  readonly operator?: string;
  /** Folder for a CPU profile of the operator of each part. */
  readonly profile?: string;
}

export const PART_NAMES = ['create', 'spread', 'large', 'soak'] as const;
export type PartName = (typeof PART_NAMES)[number];
