/** How the server decoded the inference requests of a client: by hand ('hot') or through proto-loader's objects ('general'). */
import { readMetric } from './read-metric.js';

export interface InferPaths {
  readonly hot: number;
  readonly general: number;
}

/** Since the server started, over gRPC. */
export async function countInferPaths(metricsUrl: string): Promise<InferPaths> {
  const series = (path: string): string => `slipway_runtime_grpc_infer_path_total{path="${path}"}`;
  return { hot: await readMetric(metricsUrl, series('hot')), general: await readMetric(metricsUrl, series('general')) };
}

/** Share of the requests between two counts that were decoded by hand; throws when there were fewer than `least`. */
export function computeHotShare(before: InferPaths, after: InferPaths, least: number): number {
  const [hot, general] = [after.hot - before.hot, after.general - before.general];
  if (hot + general < least) throw new Error(`Only ${hot + general} requests were decoded, want at least ${least}`);
  return hot / (hot + general);
}
