/** POST …/infer: read, decode, call, encode. A client that goes away takes its request out of the line. */
import type { IncomingMessage } from 'node:http';
import type { HttpAnswer } from '../../lib/http-server.js';
import { CallState } from '../core/call-state.js';
import type { Dataplane } from '../dataplane/dataplane.js';
import { type DecodedRequest, decodeRequest } from './decode-request.js';
import { encodeResponse } from './encode-response.js';
import { type BodyLimits, readBody } from './read-body.js';

/** Header of the binary tensor extension, in the request and in the answer: bytes of the JSON. */
const JSON_LENGTH = 'inference-header-content-length';

export interface InferTarget {
  readonly model: string;
  /** '' for the latest that is ready. */
  readonly version: string;
}

export async function answerInfer(dataplane: Dataplane, request: IncomingMessage, target: InferTarget, limits: BodyLimits): Promise<HttpAnswer> {
  const call = new CallState();
  const onClose = (): void => call.abandon();
  const { socket } = request; // the request itself closes as soon as its body is read
  socket.once('close', onClose);
  try {
    const body = await readBody(request, limits);
    const header = request.headers[JSON_LENGTH];
    const decoded = decodeRequest(body, typeof header === 'string' ? header : undefined);
    limits.hold?.add(countDecodedBytes(body, decoded.request.inputs));
    const response = await dataplane.infer({ ...target, ...decoded.request, call });
    const began = performance.now();
    const encoded = encodeResponse(response, decoded);
    response.statistics.phases.encode.add((performance.now() - began) / 1000);
    if (encoded.jsonLength === undefined) return { status: 200, contentType: 'application/json', body: encoded.body };
    const headers = { [JSON_LENGTH]: String(encoded.jsonLength) };
    return { status: 200, contentType: 'application/octet-stream', headers, body: encoded.body };
  } finally {
    socket.off('close', onClose);
  }
}

/** Memory of tensors that are no views of the body. */
function countDecodedBytes(body: Uint8Array, inputs: DecodedRequest['request']['inputs']): number {
  return inputs.reduce((bytes, { data }) => (data.buffer === body.buffer ? bytes : bytes + data.byteLength), 0);
}
