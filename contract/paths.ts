/** Absolute paths inside Slipway's containers. */
export const PATHS = {
  /** emptyDir that the init container fills: `<models>/<model name>/<version>/model.onnx`. */
  models: '/var/run/slipway/models',
  /** Secret named by spec.model.secretRef, mounted by the kubelet, read by resolve and fetch only. */
  credentials: '/var/run/slipway/credentials',
  /** ConfigMap with a private CA bundle, key `ca.crt`. */
  caBundle: '/var/run/slipway/ca',
  /** Kubernetes' default place for the termination message. */
  terminationLog: '/dev/termination-log',
} as const;

/** File name of the model in its version folder, and of the record that `fetch` writes beside it. */
export const MODEL_FILE = 'model.onnx';
export const FETCH_RECORD_FILE = 'slipway.json';

/** Container names in the serving pod and in the resolver pod. */
export const CONTAINERS = { fetch: 'fetch', runtime: 'runtime', resolve: 'resolve' } as const;

/** HTTP paths on the metrics port. */
export const HTTP_PATHS = { metrics: '/metrics', live: '/livez', ready: '/readyz', status: '/statusz' } as const;
