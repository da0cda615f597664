/** What placement says of a pod, and what it says it from. */
import type { NodeState } from '../../view/cluster-view.js';
import type { NodeFailure } from './node-failures.js';

export type FitReason =
  | 'QuotaExceeded'
  | 'AcceleratorNotInstalled'
  | 'DevicePluginDown'
  | 'NoMatchingAccelerator'
  | 'AcceleratorTooLarge'
  | 'UntoleratedTaint'
  | 'Unschedulable'
  | 'CpuOrMemoryShort'
  | 'AcceleratorFragmented'
  | 'AcceleratorBusy';

/** Of devices such as are asked for, on nodes that take the pod. */
export interface DeviceNumbers {
  readonly free: number;
  readonly total: number;
  /** Most that are free on one node. */
  readonly largestFree: number;
  /** Most that one node has. */
  readonly largest: number;
}

export type FitVerdict =
  | { readonly kind: 'Fits'; readonly pods: number; readonly devices: DeviceNumbers }
  | { readonly kind: 'Blocked'; readonly reason: FitReason; readonly message: string; readonly devices: DeviceNumbers };

/** A node, and why the pod cannot go there. */
export interface JudgedNode {
  readonly state: NodeState;
  readonly failures: readonly NodeFailure[];
  /** What is wrong with its devices. */
  readonly mismatches: readonly string[];
}
