/** The port of leader election: where candidates agree on who leads. `operator/kube` keeps it in a Lease, `test/fakes` in memory. */

export interface LeaderRecord {
  /** Empty: nobody. */
  readonly holder: string;
  readonly leaseSeconds: number;
  /** Milliseconds since the epoch, by the holder's clock: shown to people, never compared. */
  readonly acquiredAtMs: number;
  readonly renewedAtMs: number;
  readonly transitions: number;
}

/** A record and what tells its versions apart. */
export interface SeenRecord {
  readonly record: LeaderRecord;
  readonly version: string;
}

export interface LeaderLock {
  /** Undefined when there is no record yet. */
  read(signal: AbortSignal): Promise<SeenRecord | undefined>;
  /** Writes over `seen` (undefined: makes the first record). Undefined when what was seen is not there any more. */
  write(record: LeaderRecord, seen: SeenRecord | undefined, signal: AbortSignal): Promise<SeenRecord | undefined>;
}
