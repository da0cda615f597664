/** Metrics as text → numbers. Pure. */

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** By the metric's name. */
export type Metrics = ReadonlyMap<string, readonly Sample[]>;

const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g;

/** Only of the names that are wanted: an API server tells forty thousand lines. */
export function parseMetrics(text: string, names: readonly string[]): Metrics {
  const metrics = new Map<string, Sample[]>();
  for (const line of text.split('\n')) {
    if (!names.some((name) => line.startsWith(name))) continue;
    const [, name = '', labels = '', value = ''] = LINE.exec(line) ?? [];
    if (!names.includes(name)) continue;
    const samples = metrics.get(name) ?? [];
    metrics.set(name, samples);
    samples.push({ labels: Object.fromEntries([...labels.matchAll(LABEL)].map(([, key = '', text = '']) => [key, text])), value: Number(value) });
  }
  return metrics;
}

/** Of all samples whose labels have one of the given values each; 0 without any. */
export function sumOf(metrics: Metrics, name: string, where: Readonly<Record<string, readonly string[]>> = {}): number {
  const matches = ({ labels }: Sample): boolean => Object.entries(where).every(([key, values]) => values.includes(labels[key] ?? ''));
  return (metrics.get(name) ?? []).filter(matches).reduce((sum, { value }) => sum + value, 0);
}
