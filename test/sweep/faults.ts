/** The faults of C4 (F1 to F20) that exist at the level of API calls, each as something that strikes once at a point of a journey. */
import type { Exchange, Fault } from '../fakes/memory-api/exchange.js';
import { API_FAULTS } from './faults-api.js';
import { CLUSTER_FAULTS } from './faults-cluster.js';
import { PROCESS_FAULTS } from './faults-process.js';
import { WATCH_FAULTS } from './faults-watch.js';
import type { SweepWorld } from './sweep-world.js';

/** Where a fault may strike: at each call that writes, at each call, or once, right after the act. */
export type FaultPlace = 'Write' | 'Exchange' | 'Act';

/** What the fault itself takes away, so that no operator could keep it. */
export type Harm = 'Traffic' | 'Pods';

export interface FaultRow {
  /** Of C4. */
  readonly id: `F${number}`;
  readonly name: string;
  readonly at: FaultPlace;
  readonly harms?: readonly Harm[];
  /** What the fault itself changes for good, in the texts that are compared. */
  readonly forgives?: RegExp;
  /** Before the act: another replica, foreign objects. */
  readonly prepare?: (world: SweepWorld) => void;
  /** `exchange` is absent for `Act`. What is answered, when that is not what the API server says. */
  readonly strike: (world: SweepWorld, exchange?: Exchange) => Fault | undefined;
}

export const FAULTS: readonly FaultRow[] = [...PROCESS_FAULTS, ...API_FAULTS, ...WATCH_FAULTS, ...CLUSTER_FAULTS];
