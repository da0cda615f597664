/** What the operator answers over HTTP: /healthz and /readyz to the kubelet, /metrics to Prometheus. */
import type { HttpAnswer, HttpHandler } from '../../lib/http-server.js';

/** `whyNotReady` is empty when the replica is ready; a standby that could take over is. */
export function newProbesHandler(whyNotReady: () => string): HttpHandler {
  return forGet((path) => {
    if (path === '/healthz') return { status: 200, body: 'ok\n' };
    if (path !== '/readyz') return undefined;
    const why = whyNotReady();
    return why === '' ? { status: 200, body: 'ok\n' } : { status: 503, body: `${why}\n` };
  }, '/healthz or /readyz');
}

export interface MetricsText {
  readonly contentType: string;
  metrics(): Promise<string>;
}

export function newMetricsHandler(registry: MetricsText): HttpHandler {
  return forGet(async (path) => {
    if (path !== '/metrics') return undefined;
    return { status: 200, contentType: registry.contentType, body: await registry.metrics() };
  }, '/metrics');
}

function forGet(answer: (path: string) => HttpAnswer | undefined | Promise<HttpAnswer | undefined>, paths: string): HttpHandler {
  return async (request, path) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return { status: 405, body: 'Only GET is answered here\n' };
    return (await answer(path)) ?? { status: 404, body: `Nothing is here: ask for ${paths}\n` };
  };
}
