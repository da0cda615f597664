/**
 * Command lines of the runtime image's entry point (`slipway <command> <flags>`), written by the operator
 * into pod specs and parsed by `runtime/`.
 *
 * resolve --uri U [--digest D] [--allow-unpinned] [source flags]
 * fetch   --uri U --digest D [--source-revision R] --dest DIR/<name>/<version> [source flags]
 * serve   DIR-OR-FILE [--model-name N] [--model-version V] [--grpc-port P] [--rest-port P] [--metrics-port P]
 *         [--accelerator nvidia|amd|intel] [--drain-delay SECONDS] [--drain-timeout SECONDS]
 * source flags: [--credentials DIR] [--ca-bundle FILE] [--plain-http host[:port],…]
 * Proxies come from HTTPS_PROXY, HTTP_PROXY and NO_PROXY; another hub for hf:// from HF_ENDPOINT.
 */
export const COMMANDS = { resolve: 'resolve', fetch: 'fetch', serve: 'serve' } as const;

export const FLAGS = {
  uri: '--uri',
  digest: '--digest',
  sourceRevision: '--source-revision',
  dest: '--dest',
  allowUnpinned: '--allow-unpinned',
  credentials: '--credentials',
  caBundle: '--ca-bundle',
  plainHttp: '--plain-http',
  modelName: '--model-name',
  modelVersion: '--model-version',
  grpcPort: '--grpc-port',
  restPort: '--rest-port',
  metricsPort: '--metrics-port',
  accelerator: '--accelerator',
  drainDelay: '--drain-delay',
  drainTimeout: '--drain-timeout',
} as const;

/** URI schemes that can be resolved and fetched. */
export const URI_SCHEMES = ['oci', 'hf', 's3', 'https', 'http'] as const;
export type UriScheme = (typeof URI_SCHEMES)[number];
