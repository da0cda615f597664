/** From a point's fault to rules of the proxy. */
import { CONFLICT, ETCD_FULL, type Fault, FORBIDDEN, SERVER_ERROR, throttled, UNAVAILABLE } from '../../rigs/fault-proxy/fault.js';
import type { FaultProxy } from '../../rigs/fault-proxy/fault-proxy.js';
import type { Matcher } from '../../rigs/fault-proxy/rule-set.js';
import * as scripts from '../../rigs/fault-proxy/watch-scripts.js';
import type { CallFault, OutageFault, Point, WatchFault } from './points.js';

/** Writes that a journey is made of: Leases and Events come and go by themselves. */
export function writesOf(who: string): Matcher {
  return { who, isWrite: true, notResources: ['leases', 'events'] };
}

const CALLS: Readonly<Record<CallFault, Fault>> = {
  Conflict: CONFLICT,
  Throttled: throttled(1),
  ServerError: SERVER_ERROR,
  Unavailable: UNAVAILABLE,
  Forbidden: FORBIDDEN,
  Reset: { kind: 'Reset' },
  LoseReply: { kind: 'LoseReply', how: 'Reset' },
  TruncateCut: { kind: 'Truncate', how: 'Cut' },
  TruncateEnd: { kind: 'Truncate', how: 'End' },
  Delay: { kind: 'Delay', ms: 1500 },
  DelayReply: { kind: 'DelayReply', ms: 1500 },
  Hang: { kind: 'Hang' },
  LoseReplyHang: { kind: 'LoseReply', how: 'Hang' },
};

/** A watch that goes silent for good is found after the reflector's own deadline; here something cuts it sooner. */
const SILENT_MS = 3000;

function watchScript(fault: WatchFault, after: number): scripts.WatchScript {
  switch (fault) {
    case 'HalfOpen':
      return scripts.halfOpen(after, SILENT_MS);
    case 'Gone':
      return scripts.errorEvent(after);
    case 'ErrorEvent':
      return scripts.errorEvent(after, 500);
    case 'BookmarksOnly':
      return scripts.bookmarksOnly(1500);
    case 'Duplicated':
      return scripts.duplicated;
    case 'Reordered':
      return scripts.reordered(100);
    case 'Late':
      return scripts.late(700);
    case 'Split':
      return scripts.split();
    case 'Gap':
      return scripts.gap(after, 1);
    case 'Garbage':
      return scripts.garbage(after);
    case 'CutMidLine':
      return scripts.cutMidLine(after);
  }
}

/** The first watch of each kind; those that only lie about order and time go on doing so. */
const WATCHED_KINDS = 7;
const LASTING: readonly WatchFault[] = ['Duplicated', 'Reordered', 'Late', 'Split'];

/** `writes`: how many the operator is expected to make. `isNew`: it has no watches yet. */
export interface Target {
  readonly who: string;
  readonly writes: number;
  readonly isNew: boolean;
}

export function armFault(proxy: FaultProxy, { fault, faultAt, after }: Point, { who, writes, isNew }: Target): void {
  if (fault === undefined) return;
  const from = 1 + Math.floor(faultAt * writes);
  if (isCallFault(fault)) {
    proxy.add({ match: writesOf(who), from, times: 1, fault: CALLS[fault] });
  } else if (isWatchFault(fault)) {
    const times = LASTING.includes(fault) ? Number.POSITIVE_INFINITY : WATCHED_KINDS;
    proxy.add({ match: { who, verbs: ['watch'] }, times, fault: { kind: 'Watch', script: watchScript(fault, after) } });
    if (!isNew) proxy.door.cut(who); // so that it watches anew
  } else armOutage(proxy, fault, { who, from });
}

function armOutage(proxy: FaultProxy, fault: OutageFault, { who, from }: { readonly who: string; readonly from: number }): void {
  const match = writesOf(who);
  switch (fault) {
    case 'EtcdFull':
      proxy.add({ match, from, forMs: 2000, fault: ETCD_FULL });
      return;
    case 'Outage':
      proxy.add({ match, from, times: 1, fault: { kind: 'Reset' }, onHit: () => shutOut(proxy, who) });
      return;
    case 'Starvation':
      proxy.add({ match: { who, notResources: ['leases'] }, from: from * 2, forMs: 4000, spareEvery: 5, fault: throttled(1) });
      return;
    case 'Silence':
      proxy.add({ match, from, times: 1, fault: { kind: 'Hang' }, onHit: () => silence(proxy, who) });
  }
}

function shutOut(proxy: FaultProxy, who: string): void {
  proxy.add({ match: { who }, forMs: 3000, fault: { kind: 'Reset' } });
  proxy.door.cut(who);
}

/** Until something between the two forgets the connections. */
function silence(proxy: FaultProxy, who: string): void {
  proxy.door.silence(who);
  setTimeout(() => proxy.door.cut(who), SILENT_MS + 1000);
}

function isCallFault(fault: string): fault is CallFault {
  return fault in CALLS;
}

function isWatchFault(fault: CallFault | WatchFault | OutageFault): fault is WatchFault {
  return !isCallFault(fault) && !['Outage', 'EtcdFull', 'Starvation', 'Silence'].includes(fault);
}
