/** A Prometheus histogram over counts that are kept elsewhere: prom-client's own can only be added to. */
import { Histogram as PromHistogram } from 'prom-client';
import { type Histogram, SECONDS_BUCKETS } from './core/histogram.js';

export interface PulledSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly histogram: Histogram;
}

export interface PulledHistogramOptions {
  readonly name: string;
  readonly help: string;
  /** Of the unit in a second: 1000 renders milliseconds. Absent: 1. */
  readonly scale?: number;
  read(): readonly PulledSeries[];
}

type Rendered = Awaited<ReturnType<PromHistogram['get']>>;

export function newPulledHistogram(options: PulledHistogramOptions): PromHistogram {
  return new PulledHistogram(options);
}

class PulledHistogram extends PromHistogram {
  readonly #options: PulledHistogramOptions;

  constructor(options: PulledHistogramOptions) {
    super({ name: options.name, help: options.help, buckets: SECONDS_BUCKETS.map((le) => scaled(le, options.scale ?? 1)), registers: [] });
    this.#options = options;
  }

  override async get(): Promise<Rendered> {
    const { name, help, read, scale = 1 } = this.#options;
    const values = read().flatMap((series) => renderSeries(name, series, scale));
    // The library's enumeration of types exists in its declarations only.
    return { name, help, type: 'histogram', values, aggregator: 'sum' } as unknown as Rendered;
  }

  /** What the registry calls for its text; the library's types leave it out. */
  async getForPromString(): Promise<Rendered> {
    return await this.get();
  }
}

/** Buckets are cumulative in the exposition format, and the last is +Inf. */
function renderSeries(name: string, { labels, histogram }: PulledSeries, scale: number): Rendered['values'] {
  let below = 0;
  const buckets = SECONDS_BUCKETS.map((le, index) => {
    below += histogram.counts[index] ?? 0;
    return { labels: { ...labels, le: scaled(le, scale) }, value: below, metricName: `${name}_bucket` };
  });
  return [
    ...buckets,
    { labels: { ...labels, le: '+Inf' }, value: histogram.count, metricName: `${name}_bucket` },
    { labels, value: histogram.sum * scale, metricName: `${name}_sum` },
    { labels, value: histogram.count, metricName: `${name}_count` },
  ];
}

/** 0.00025 s are 0.25 ms, and not 0.25000000000000006. */
function scaled(seconds: number, scale: number): number {
  return Number((seconds * scale).toPrecision(12));
}
