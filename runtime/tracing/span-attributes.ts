/** Name and attributes of a request's span: OpenTelemetry's conventions for RPC and HTTP servers, and Slipway's own. Pure. */
import type { EndedRequest } from '../dataplane/request-watch.js';

export interface SpanDescription {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number>>;
}

/** Codes of gRPC that are the server's failure and not the request's; HTTP's are those from 500 on. */
const SERVER_ERRORS = ['UNKNOWN', 'DEADLINE_EXCEEDED', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS'];

export function isServerError(code: string): boolean {
  return SERVER_ERRORS.includes(code) || /^5\d\d$/.test(code);
}

/** What is not known is left out. */
export function describeSpan({ record, code }: EndedRequest): SpanDescription {
  const { start, model, version, id, rows, batchRows, requestBytes, responseBytes } = record;
  const [verb = '', route] = start.method.split(' ');
  const isHttp = route !== undefined;
  return {
    name: isHttp ? start.method : start.method.slice(1),
    attributes: {
      ...(isHttp
        ? { 'http.request.method': verb, 'http.route': route, 'http.response.status_code': Number(code) }
        : { 'rpc.system.name': 'grpc', 'rpc.method': start.method.slice(1), 'rpc.response.status_code': code }),
      ...(isServerError(code) ? { 'error.type': code } : {}),
      ...withoutUnknown({
        'client.address': start.peer.replace(/:\d+$/, ''),
        'slipway.model.name': model,
        'slipway.model.version': version,
        'slipway.request.id': id,
        'slipway.request.rows': rows,
        'slipway.batch.rows': batchRows,
      }),
      'slipway.request.bytes': requestBytes,
      'slipway.response.bytes': responseBytes,
    },
  };
}

function withoutUnknown(attributes: SpanDescription['attributes']): SpanDescription['attributes'] {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== '' && value !== 0));
}
