/** Latency over throughput as an SVG picture, point by point in the order of the levels. Pure. */
import { formatFigure } from './format-report.js';
import { isClientBound, type Level } from './level.js';

const WIDTH = 760;
const HEIGHT = 460;
const AREA = { left: 70, right: 730, top: 70, bottom: 395 } as const;
const TICKS = 5;
const LINES = [
  { name: 'p99', color: '#c2410c', read: (level: Level): number => level.p99Ms },
  { name: 'p50', color: '#1d4ed8', read: (level: Level): number => level.p50Ms },
] as const;

export interface PlotLabels {
  readonly title: string;
  readonly subtitle: string;
}

/** Levels without answers have no point. Hollow points: the client may be what was measured. */
export function renderPlot(levels: readonly Level[], { title, subtitle }: PlotLabels): string {
  const shown = levels.filter(({ p99Ms, requestsPerSecond }) => Number.isFinite(p99Ms) && requestsPerSecond > 0);
  const x = newScale(Math.max(1, ...shown.map((level) => level.requestsPerSecond)), AREA.left, AREA.right);
  const y = newScale(Math.max(0.001, ...shown.map((level) => level.p99Ms)), AREA.bottom, AREA.top);
  const lines = LINES.map(({ color, read }, index) => renderLine(shown, { x, y, color, read, hasLabels: index === 0 }));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="system-ui, sans-serif" font-size="12" fill="#334155">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(AREA.left, 28, title, 'font-size="16" font-weight="600" fill="#0f172a"'),
    text(AREA.left, 48, subtitle, 'fill="#64748b"'),
    ...renderAxes(x, y),
    ...lines.flat(),
    ...LINES.map(({ name, color }, index) => text(AREA.right - 60 + 34 * index, 48, name, `font-weight="600" fill="${color}"`)),
    '</svg>',
    '',
  ].join('\n');
}

interface Scale {
  readonly ticks: readonly number[];
  place(value: number): number;
}

/** From 0 to a round number at or above `most`. */
function newScale(most: number, from: number, to: number): Scale {
  const step = niceStep(most / TICKS);
  const count = Math.ceil(most / step - 1e-9);
  const ticks = Array.from({ length: count + 1 }, (_, index) => index * step);
  return { ticks, place: (value) => from + ((to - from) * value) / (count * step) };
}

/** 1, 2 or 5 times a power of ten, at or above `least`: 37 → 50. */
export function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5].find((candidate) => candidate * power >= least * (1 - 1e-9)) ?? 10;
  return factor * power;
}

function renderAxes(x: Scale, y: Scale): string[] {
  const middle = (AREA.left + AREA.right) / 2;
  return [
    ...y.ticks.map((tick) => `<path d="M${AREA.left} ${at(y.place(tick))}H${AREA.right}" stroke="#e2e8f0" fill="none"/>`),
    ...y.ticks.map((tick) => text(AREA.left - 8, y.place(tick) + 4, formatFigure(tick), 'text-anchor="end"')),
    ...x.ticks.map((tick) => text(x.place(tick), AREA.bottom + 20, formatFigure(tick), 'text-anchor="middle"')),
    `<path d="M${AREA.left} ${AREA.top}V${AREA.bottom}H${AREA.right}" stroke="#94a3b8" fill="none"/>`,
    text(middle, AREA.bottom + 45, 'requests per second (at the points: requests at a time, or the rate)', 'text-anchor="middle"'),
    text(16, (AREA.top + AREA.bottom) / 2, 'latency, ms', `text-anchor="middle" transform="rotate(-90 16 ${(AREA.top + AREA.bottom) / 2})"`),
  ];
}

interface Line {
  readonly x: Scale;
  readonly y: Scale;
  readonly color: string;
  readonly read: (level: Level) => number;
  /** Numbers of the levels stand at the points. */
  readonly hasLabels: boolean;
}

function renderLine(levels: readonly Level[], { x, y, color, read, hasLabels }: Line): string[] {
  const points = levels.map((level) => ({ level, left: x.place(level.requestsPerSecond), top: y.place(read(level)) }));
  const path = points.map(({ left, top }, index) => `${index === 0 ? 'M' : 'L'}${at(left)} ${at(top)}`).join('');
  return [
    ...(points.length < 2 ? [] : [`<path d="${path}" stroke="${color}" stroke-width="2" fill="none"/>`]),
    ...points.map(
      ({ level, left, top }) =>
        `<circle cx="${at(left)}" cy="${at(top)}" r="4" stroke="${color}" fill="${isClientBound(level) ? '#ffffff' : color}"/>`,
    ),
    ...(hasLabels ? points.map(({ level, left, top }) => text(left - 7, top - 8, labelOf(level), `text-anchor="end" fill="${color}"`)) : []),
  ];
}

function labelOf({ load }: Level): string {
  return 'concurrency' in load ? String(load.concurrency) : `${formatFigure(load.perSecond)}/s`;
}

function text(left: number, top: number, words: string, attributes: string): string {
  return `<text x="${at(left)}" y="${at(top)}" ${attributes}>${escapeXml(words)}</text>`;
}

function at(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** What XML cannot hold at all is left out. */
function escapeXml(words: string): string {
  const kept = [...words].filter((character) => character >= ' ' && character.isWellFormed()).join('');
  return kept.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
