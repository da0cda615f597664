/** Rows for a terminal, printed as they are measured, and what is to be said of them. Pure. */
import { isClientBound, type Level } from './level.js';

const COLUMNS = ['req/s', 'p50 ms', 'p90 ms', 'p99 ms', 'queue ms', 'compute ms', 'rows/run', 'client CPU'] as const;
const WIDTH = 10; // 'compute ms', 'client CPU'

export function formatHeader(isOpenLoop: boolean): string {
  const titles = [isOpenLoop ? 'rate' : 'concurrency', ...COLUMNS];
  return `${titles.map(alignRight).join('  ')}  errors`;
}

export function formatRow(level: Level): string {
  const { load, requestsPerSecond, p50Ms, p90Ms, p99Ms, queueMs, computeMs, rowsPerRun } = level;
  const cells = [
    ...['concurrency' in load ? load.concurrency : load.perSecond, requestsPerSecond].map(formatFigure),
    ...[p50Ms, p90Ms, p99Ms, queueMs, computeMs, rowsPerRun].map(formatFigure),
    `${Math.round(level.clientCpu * 100)} %${isClientBound(level) ? '*' : ''}`,
  ];
  return `${cells.map(alignRight).join('  ')}  ${formatErrors(level)}`;
}

/** The first column's title is the longest. */
function alignRight(cell: string, column: number): string {
  return cell.padStart(column === 0 ? 'concurrency'.length : WIDTH);
}

/** Three digits that count: 0.0123, 1.23, 12.3, 1234; a dash for what nobody measured. */
export function formatFigure(value: number): string {
  if (!Number.isFinite(value)) return '-';
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

function formatErrors({ errors }: Level): string {
  const texts = Object.entries(errors).map(([code, count]) => `${count} ${code}`);
  return texts.length === 0 ? '0' : texts.join(', ');
}

/** Sentences below the table; none when there is nothing to say. */
export function findNotes(levels: readonly Level[]): string[] {
  const notes: string[] = [];
  const best = levels.reduce<Level | undefined>(
    (most, level) => (level.requestsPerSecond > (most?.requestsPerSecond ?? 0) ? level : most),
    undefined,
  );
  if (best !== undefined && levels.length > 1)
    notes.push(`Most: ${formatFigure(best.requestsPerSecond)} requests per second at ${nameLoad(best)}, p99 ${formatFigure(best.p99Ms)} ms`);
  if (levels.some(isClientBound))
    notes.push('* This client was busy all the time, and may be what was measured: read the row as a lower bound, or run several clients at once');
  for (const level of levels) {
    if ('perSecond' in level.load && level.requestsPerSecond < 0.95 * level.load.perSecond)
      notes.push(`At ${nameLoad(level)} only ${formatFigure(level.requestsPerSecond)} were answered: that is more than server and client can do`);
  }
  return notes;
}

function nameLoad({ load }: Level): string {
  return 'concurrency' in load ? `concurrency ${load.concurrency}` : `${load.perSecond} per second`;
}
