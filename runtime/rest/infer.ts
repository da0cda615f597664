/** POST …/infer: read, decode, call, encode. A client that goes away takes its request out of the line. */
import type { IncomingMessage } from 'node:http';
import type { HttpAnswer } from '../../lib/http-server.js';
import { CallState } from '../core/call-state.js';
import { formatLoadReport, type LoadReport } from '../core/load-report.js';
import type { Dataplane } from '../dataplane/dataplane.js';
import type { RequestRecord } from '../dataplane/request-record.js';
import type { RequestWatch } from '../dataplane/request-watch.js';
import { type DecodedRequest, decodeRequest } from './decode-request.js';
import { encodeResponse } from './encode-response.js';
import { type BodyLimits, readBody } from './read-body.js';
import { answerError } from './status.js';

/** Header of the binary tensor extension, in the request and in the answer: bytes of the JSON. */
const JSON_LENGTH = 'inference-header-content-length';

export interface InferTarget {
  readonly model: string;
  /** '' for the latest that is ready. */
  readonly version: string;
}

export interface InferContext {
  readonly dataplane: Dataplane;
  readonly limits: BodyLimits;
  readonly requests: RequestWatch;
  readonly readLoad: ((model: string, version: string) => LoadReport) | undefined;
}

/** Headers of load reports, as Triton has them. */
const LOAD_FORMAT = 'endpoint-load-metrics-format';
const LOAD = 'endpoint-load-metrics';

export async function answerInfer(context: InferContext, request: IncomingMessage, target: InferTarget): Promise<HttpAnswer> {
  const { requests } = context;
  if (!requests.isOn) return await infer(context, request, { target });
  const record = begin(requests, request, target);
  let status: number | undefined;
  try {
    const answer = await infer(context, request, { target, record });
    status = answer.status;
    return answer;
  } catch (error) {
    status = answerError(error).status;
    throw error;
  } finally {
    requests.end(record, String(status));
  }
}

function begin(requests: RequestWatch, { headers, socket }: IncomingMessage, { model, version }: InferTarget): RequestRecord {
  const read = (name: string): string | undefined => (Array.isArray(headers[name]) ? headers[name].join(', ') : headers[name]);
  const record = requests.begin({
    method: version === '' ? 'POST /v2/models/{model}/infer' : 'POST /v2/models/{model}/versions/{version}/infer',
    peer: socket.remoteAddress === undefined ? '' : `${socket.remoteAddress}:${socket.remotePort}`,
    traceParent: read('traceparent'),
    traceState: read('tracestate'),
    id: read('x-request-id'),
  });
  record.asked(model, version, '');
  return record;
}

async function infer(
  { dataplane, limits, readLoad }: InferContext,
  request: IncomingMessage,
  { target, record }: { readonly target: InferTarget; readonly record?: RequestRecord },
): Promise<HttpAnswer> {
  const call = new CallState();
  const onClose = (): void => call.abandon();
  const { socket } = request; // the request itself closes as soon as its body is read
  socket.once('close', onClose);
  try {
    const body = await readBody(request, limits);
    if (record !== undefined) record.requestBytes = body.byteLength;
    const header = request.headers[JSON_LENGTH];
    const decoded = decodeRequest(body, typeof header === 'string' ? header : undefined);
    limits.hold?.add(countDecodedBytes(body, decoded.request.inputs));
    record?.asked(target.model, target.version, decoded.id ?? '');
    const response = await dataplane.infer({ ...target, ...decoded.request, call, ...(record === undefined ? {} : { record }) });
    const began = performance.now();
    const encoded = encodeResponse(response, decoded);
    const ended = performance.now();
    response.statistics.phases.encode.add((ended - began) / 1000);
    record?.encoded(began / 1000, ended / 1000, encoded.body.byteLength);
    const load =
      readLoad === undefined || request.headers[LOAD_FORMAT] === undefined ? {} : loadHeader(request, readLoad(target.model, target.version));
    if (encoded.jsonLength === undefined) return { status: 200, contentType: 'application/json', headers: load, body: encoded.body };
    const headers = { [JSON_LENGTH]: String(encoded.jsonLength), ...load };
    return { status: 200, contentType: 'application/octet-stream', headers, body: encoded.body };
  } finally {
    socket.off('close', onClose);
  }
}

function loadHeader({ headers }: IncomingMessage, report: LoadReport): Readonly<Record<string, string>> {
  const wanted = headers[LOAD_FORMAT];
  const text = typeof wanted === 'string' ? formatLoadReport(report, wanted) : undefined;
  return text === undefined ? {} : { [LOAD]: text };
}

/** Memory of tensors that are no views of the body. */
function countDecodedBytes(body: Uint8Array, inputs: DecodedRequest['request']['inputs']): number {
  return inputs.reduce((bytes, { data }) => (data.buffer === body.buffer ? bytes : bytes + data.byteLength), 0);
}
