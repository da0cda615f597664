/** The LeaderLock over a Lease of coordination.k8s.io/v1. Times are MicroTime: RFC 3339 with six digits of fraction, or refused. */
import { readNumber, readRecord, readString } from '../../lib/kube/json.js';
import type { KubeClient } from '../../lib/kube/kube-client.js';
import { isAlreadyExists, isConflict, isNotFound } from '../../lib/kube/kube-error.js';
import type { LeaderLock, LeaderRecord, SeenRecord } from '../leader-lock.js';
import type { KubeObject, ObjectKey, ResourceKind } from '../ports.js';

export const LEASES: ResourceKind = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', plural: 'leases' };

export class LeaseLock implements LeaderLock {
  readonly #client: KubeClient;
  readonly #key: ObjectKey;

  constructor(client: KubeClient, key: ObjectKey) {
    this.#client = client;
    this.#key = key;
  }

  async read(signal: AbortSignal): Promise<SeenRecord | undefined> {
    const lease = await this.#client.find(LEASES, this.#key, { signal });
    return lease === undefined ? undefined : toSeen(lease);
  }

  async write(record: LeaderRecord, seen: SeenRecord | undefined, signal: AbortSignal): Promise<SeenRecord | undefined> {
    const { apiVersion, kind } = LEASES;
    const spec = toSpec(record);
    try {
      if (seen === undefined) return toSeen(await this.#client.create(LEASES, { apiVersion, kind, metadata: this.#key, spec }, { signal }));
      return toSeen(await this.#client.mergePatch(LEASES, this.#key, { metadata: { resourceVersion: seen.version }, spec }, { signal }));
    } catch (error) {
      // a Lease that is gone is another than the one that was seen, too
      if (isConflict(error) || isAlreadyExists(error) || (seen !== undefined && isNotFound(error))) return undefined;
      throw error;
    }
  }
}

function toSpec({ holder, leaseSeconds, acquiredAtMs, renewedAtMs, transitions }: LeaderRecord) {
  return {
    holderIdentity: holder,
    leaseDurationSeconds: leaseSeconds,
    acquireTime: toMicroTime(acquiredAtMs),
    renewTime: toMicroTime(renewedAtMs),
    leaseTransitions: transitions,
  };
}

/** A Lease that somebody made by hand may lack every field. */
function toSeen(lease: KubeObject): SeenRecord {
  const spec = readRecord(lease, 'spec');
  return {
    version: lease.metadata.resourceVersion ?? '',
    record: {
      holder: readString(spec, 'holderIdentity') ?? '',
      leaseSeconds: readNumber(spec, 'leaseDurationSeconds') ?? 0,
      acquiredAtMs: fromMicroTime(readString(spec, 'acquireTime')),
      renewedAtMs: fromMicroTime(readString(spec, 'renewTime')),
      transitions: readNumber(spec, 'leaseTransitions') ?? 0,
    },
  };
}

function toMicroTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}

function fromMicroTime(text: string | undefined): number {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) ? 0 : ms;
}
