/**
 * What Node's own HTTP/2 allows, used as cheaply as it can be: reads a request to its end and answers canned bytes. No call, no
 * deadline, no bound, no decoding, no model. Arguments: port, number of FP32 values in the answer.
 */
import { createServer } from 'node:http2';
import { frameMessage } from './infer-body.js';
import { makeNullAnswer } from './null-answer.js';

const WINDOW_BYTES = 8 * 1024 * 1024;
const HEADERS = [':status', '200', 'content-type', 'application/grpc'];
const WITH_TRAILERS = { waitForTrailers: true, sendDate: false };
const TRAILERS = { 'grpc-status': '0' };
const [port = '8001', values = '10'] = process.argv.slice(2);
const answer = frameMessage(makeNullAnswer(Number(values)));
const settings = { initialWindowSize: WINDOW_BYTES, maxFrameSize: 256 * 1024, maxConcurrentStreams: 1024 };
const server = createServer({ settings, maxSessionMemory: Number.MAX_SAFE_INTEGER });
server.on('session', (session) => session.setLocalWindowSize(WINDOW_BYTES));
server.on('stream', (stream) => {
  stream.on('error', () => undefined); // a client that goes at the end of a round
  stream.on('data', () => undefined);
  stream.on('end', () => {
    stream.respond(HEADERS, WITH_TRAILERS);
    stream.on('wantTrailers', () => stream.sendTrailers(TRAILERS));
    stream.end(answer);
  });
});
server.listen(Number(port), '127.0.0.1');
