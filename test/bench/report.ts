/** Tables as Markdown: what is printed is what the documents show. Pure. */
import { type Measured, medianOf } from './measure.js';
import type { Table } from './suite.js';

const COLUMNS = ['', 'per second', '× the first', 'server µs CPU', 'client µs CPU', 'p50 ms', 'p99 ms', 'unanswered'] as const;

export function renderTable({ title, measured, notes }: Table): string {
  const first = measured[0];
  const rows = measured.map((one) => [
    one.name,
    formatNumber(medianOf(one, 'perSecond')),
    formatNumber(first === undefined ? Number.NaN : medianOf(one, 'perSecond') / medianOf(first, 'perSecond')),
    formatNumber(medianOf(one, 'serverCpuUs')),
    formatNumber(medianOf(one, 'clientCpuUs')),
    formatNumber(medianOf(one, 'p50Ms')),
    formatNumber(medianOf(one, 'p99Ms')),
    `${formatNumber(100 * Math.max(...one.rounds.map(({ refused }) => refused)))} %`, // of the worst round: a median would hide it
  ]);
  const spread = measured.map((one) => `${one.name} ${describeSpread(one)}`).join('; ');
  return [
    `### ${title}`,
    '',
    ...renderRows(COLUMNS, rows),
    '',
    `Rounds: ${first?.rounds.length ?? 0}; per second from least to most: ${spread}.`,
    ...notes.map((note) => `${note}.`),
    '',
  ].join('\n');
}

export function renderRows(columns: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map((column, index) => Math.max(column.length, ...rows.map((row) => row[index]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, index) => (index === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[index] ?? 0))).join(' | ')} |`;
  const rule = `|${widths.map((width, index) => (index === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(columns), rule, ...rows.map(line)];
}

/** Three significant digits; "–" for what was not measured. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return '–';
  if (!Number.isFinite(value)) return '∞';
  if (value === 0) return '0';
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return value.toPrecision(3);
}

function describeSpread({ rounds }: Measured): string {
  const rates = rounds.map(({ perSecond }) => perSecond);
  return `${formatNumber(Math.min(...rates))}–${formatNumber(Math.max(...rates))}`;
}
