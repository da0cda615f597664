/** The plaintext port for the kubelet, Prometheus and the operator: /livez, /readyz, /statusz, /metrics. */
import { HTTP_PATHS } from '../../contract/paths.js';
import type { Statusz } from '../../contract/statusz.js';
import { answerJson, type HttpAnswer, type HttpHandler } from '../../lib/http-server.js';
import type { Readiness } from '../core/readiness.js';

export interface ProbesOptions {
  readonly readiness: () => Readiness;
  readonly statusz: () => Statusz;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: string }>;
}

export function newProbesHandler(options: ProbesOptions): HttpHandler {
  return async (request, path): Promise<HttpAnswer> => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return { status: 405, body: 'Only GET is answered here\n' };
    switch (path) {
      case HTTP_PATHS.live:
        return { status: 200, body: 'ok\n' };
      case HTTP_PATHS.ready: {
        const { isReady, reason } = options.readiness();
        return isReady ? { status: 200, body: 'ok\n' } : { status: 503, body: `${reason}\n` };
      }
      case HTTP_PATHS.status:
        return answerJson(200, options.statusz());
      case HTTP_PATHS.metrics:
        return { status: 200, ...(await options.metrics()) };
      default:
        return { status: 404, body: `Nothing is here: ask for ${Object.values(HTTP_PATHS).join(', ')}\n` };
    }
  };
}
