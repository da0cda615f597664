/** The figures as Markdown. Pure. */
import { formatNumber, renderRows } from '../report.js';
import type { Target } from '../targets.js';
import { totalOf } from './api-writes.js';
import type { ControlLoopResults, CreateFigures } from './figures.js';
import { ratioOf } from './targets.js';

export function renderControlLoop(results: ControlLoopResults, targets: readonly Target[]): string {
  const parts = [renderTargets(targets), renderCreates(results.creates), renderWrites(results.creates), renderCosts(results), ...renderSoak(results)];
  return parts.filter((part) => part !== '').join('\n\n');
}

function renderTargets(targets: readonly Target[]): string {
  return renderRows(
    ['must reach', 'target', 'measured', ''],
    targets.map(({ text, bound, want, value, verdict }) => [text, `${bound} ${want}`, formatNumber(value), verdict]),
  ).join('\n');
}

function renderCreates(creates: readonly CreateFigures[]): string {
  if (creates.length === 0) return '';
  const columns = ['made', 's', 'plainly, s', 'ratio', 'models/s', 'passes each', 'requests each', 'ms CPU each', 'peak MB', 'queue'];
  const rows = creates.map((one) => [
    `${one.title}, ${one.namespaces} namespace${one.namespaces === 1 ? '' : 's'}`,
    ...[one.seconds, one.plainSeconds, ratioOf(one), one.count / one.seconds, one.reconciles / one.count, one.requests / one.count].map(formatNumber),
    ...[(1000 * one.cpuSeconds) / one.count, one.peakMb, one.maxQueue].map(formatNumber),
  ]);
  const workers = [...new Set(creates.map(({ concurrency }) => concurrency))].join(', ');
  return [...renderRows(columns, rows), '', `Passes at a time, and models at a time of the plain client: ${workers}.`].join('\n');
}

function renderWrites(creates: readonly CreateFigures[]): string {
  const kinds = [...new Set(creates.flatMap(({ writes }) => Object.keys(writes)))];
  if (kinds.length === 0) return '';
  const rows = creates.map(({ title, count, writes }) => [
    title,
    ...kinds.map((kind) => formatNumber((writes[kind] ?? 0) / count)),
    formatNumber(totalOf(writes) / count),
  ]);
  return renderRows(['writes per model', ...kinds, 'all'], rows).join('\n');
}

/** What it costs to hold that many. */
function renderCosts({ steadies, starts, latencies, rates }: ControlLoopResults): string {
  const counts = [...new Set([...steadies, ...starts, ...latencies, ...rates].map(({ count }) => count))].sort((a, b) => a - b);
  if (counts.length === 0) return '';
  const rows = counts.map((count) => {
    const steady = steadies.find((one) => one.count === count);
    const start = starts.find((one) => one.count === count);
    const latency = latencies.find((one) => one.count === count);
    const rate = rates.find((one) => one.count === count);
    const figures = [
      ...[steady?.pods ?? start?.pods, steady?.rssMb, steady?.heapMb, steady?.cpuPercent, steady?.writes, steady?.requestsPerSecond],
      ...[start?.seconds, start?.peakMb, latency?.p50Ms, latency?.p99Ms, rate?.withChangePerSecond, rate?.withoutPerSecond],
    ];
    return [`${count} models`, ...figures.map((value) => formatNumber(value ?? Number.NaN))];
  });
  const columns = ['held', 'pods', 'RSS MB', 'heap MB', '% CPU', 'writes', 'requests/s', 'start s', 'peak MB'];
  return renderRows([...columns, 'p50 ms', 'p99 ms', 'changes/s', 'passes/s'], rows).join('\n');
}

function renderSoak({ soak, failover }: ControlLoopResults): string[] {
  const lines: string[] = [];
  if (failover !== undefined) {
    const { killedSeconds, exitSeconds, followedSeconds } = failover;
    lines.push(
      `Leader killed: the next one wrote after ${formatNumber(killedSeconds)} s. Asked to stop: gone after ${formatNumber(exitSeconds)} s, the next one wrote after ${formatNumber(followedSeconds)} s.`,
    );
  }
  if (soak !== undefined) {
    lines.push(
      `Soak: ${soak.changes} changes in ${soak.minutes} min over ${soak.count} models; RSS ${formatNumber(soak.rssMb)} MB, ${formatNumber(soak.rssMbPerHour)} ± ${formatNumber(soak.rssMbPerHourError)} MB/h; ` +
        `heap after a collection ${formatNumber(soak.heapMb)} MB, ${formatNumber(soak.heapMbPerHour)} MB/h, both by least squares over the last three quarters.`,
    );
  }
  return lines;
}
