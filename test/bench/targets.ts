/** What issue 4 says the runtime must reach, line by line, against what a run measured. Pure. */
import type { CaseKey } from './cases.js';
import { type Measured, medianRatio } from './measure.js';
import type { MemoryReport } from './memory.js';
import type { PeerResult } from './peers.js';
import type { SoakReport } from './soak.js';
import { NAMES, type Table, type TableKey } from './suite.js';

export interface Results {
  readonly tables: readonly Table[];
  readonly peers: readonly PeerResult[];
  readonly memory: MemoryReport | undefined;
  readonly soak: SoakReport | undefined;
}

export interface Target {
  readonly text: string;
  readonly bound: '≤' | '≥';
  readonly want: number;
  /** NaN: not measured. */
  readonly value: number;
  readonly verdict: 'met' | 'not met' | 'not measured';
}

export function checkTargets(results: Results): Target[] {
  return [...checkLargeModels(results), ...checkSmallModels(results), ...checkPeers(results), ...checkMemory(results)];
}

function checkLargeModels({ tables }: Results): Target[] {
  return (['cls', 'rec'] as const).map((bench) => {
    const table = find(tables, bench, 'two-cores');
    const raw = table?.measured.find(({ name }) => name.startsWith('ONNX Runtime'));
    return target(
      `${bench}: rate of ONNX Runtime at its best batch, one worker on two cores`,
      '≥',
      0.95,
      medianRatio(by(table, NAMES.oneWorker), raw, 'perSecond'),
    );
  });
}

function checkSmallModels({ tables }: Results): Target[] {
  const closed = find(tables, 'mlp', 'closed');
  const many = find(tables, 'mlp', 'many-connections');
  const bodies = find(tables, 'reduce', 'closed');
  const slipway = by(closed, NAMES.slipway);
  const naive = by(closed, NAMES.naive);
  const spread = medianRatio(by(many, NAMES.slipway), slipway, 'perSecond');
  return [
    target('tiny MLP: CPU per request of the naive server', '≤', 0.45, medianRatio(slipway, naive, 'serverCpuUs')),
    target('tiny MLP: rate of the naive server', '≥', 2.3, medianRatio(slipway, naive, 'perSecond')),
    target('tiny MLP: rate of a null server on node:http2', '≥', 0.7, medianRatio(slipway, by(closed, NAMES.nodeNull), 'perSecond')),
    target('tiny MLP: rate of a null server on our transport', '≥', 0.7, medianRatio(slipway, by(closed, NAMES.null), 'perSecond')),
    target('tiny MLP: rate at -c64 -m1 of that at -c8 -m8', '≥', 0.6, spread),
    target('600 KB: rate of default grpc-js', '≥', 3, medianRatio(by(bodies, NAMES.slipway), by(bodies, NAMES.naive), 'perSecond')),
  ];
}

/** The best peer is the one that ours beats by least. */
function checkPeers({ peers }: Results): Target[] {
  const mlp = peers.filter(({ bench }) => bench === 'mlp');
  const oip = mlp.filter((peer) => peer.speaksOip);
  const rate = oip.length === 0 ? Number.NaN : Math.min(...oip.map(({ rateRatio }) => rateRatio));
  const p99 = oip.length === 0 ? Number.NaN : Math.max(...oip.map(({ p99Ratio }) => p99Ratio));
  const mosec = mlp.find(({ name }) => name === 'mosec');
  const names = oip.length === 0 ? 'OIP peers' : oip.map(({ name }) => name).join(', ');
  return [
    target(`tiny MLP: rate of the best of ${names} over OIP`, '≥', 5, rate),
    target('tiny MLP: ours over gRPC, of mosec over its HTTP/1.1', '≥', 0.9, mosec?.rateRatio ?? Number.NaN),
    target('tiny MLP: p99 at 70 % of the slower one, of the best OIP peer', '≤', 1, p99),
  ];
}

function checkMemory({ memory, soak }: Results): Target[] {
  return [
    target('MB of one warmed worker with a 10 MB model', '≤', 200, memory?.oneWorkerMb ?? Number.NaN),
    target('RSS after the whole soak, of that after its first tenth', '≤', 1.05, soak?.growth ?? Number.NaN),
    target('RSS within 60 s after a burst, of idle', '≤', 1.3, soak?.afterBurst ?? Number.NaN),
  ];
}

function target(text: string, bound: Target['bound'], want: number, value: number): Target {
  if (Number.isNaN(value)) return { text, bound, want, value, verdict: 'not measured' };
  return { text, bound, want, value, verdict: (bound === '≤' ? value <= want : value >= want) ? 'met' : 'not met' };
}

function find(tables: readonly Table[], bench: CaseKey, key: TableKey): Table | undefined {
  return tables.find((table) => table.bench === bench && table.key === key);
}

function by(table: Table | undefined, name: string): Measured | undefined {
  return table?.measured.find((one) => one.name === name);
}
