/** One number from the metrics of a server. */

/** `series` is a name with its labels as Prometheus writes them. Throws when the server does not have it. */
export async function readMetric(metricsUrl: string, series: string): Promise<number> {
  const text = await (await fetch(`${metricsUrl}/metrics`)).text();
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  if (line === undefined) throw new Error(`The server has no series ${series}`);
  return Number(line.slice(series.length + 1));
}
