/**
 * The transport's limit: reads a request to its end and answers canned bytes over bare node:http2, with the windows that the
 * runtime sets. No decoding, no queue, no model. Arguments: port, length of the answer's message.
 */
import { createServer } from 'node:http2';
import { loadInferenceService } from '../../proto/load.js';
import { frameMessage } from './infer-body.js';

const WINDOW = 8 * 1024 * 1024;
const [port = '8001', values = '10'] = process.argv.slice(2);
const answer = frameMessage(
  loadInferenceService().ModelInfer.responseSerialize({
    model_name: 'bench',
    outputs: [{ name: 'y', datatype: 'FP32', shape: [1, Number(values)] }],
    raw_output_contents: [Buffer.alloc(4 * Number(values))],
  }),
);

const server = createServer({ settings: { initialWindowSize: WINDOW, maxConcurrentStreams: 1000 } });
server.on('session', (session) => session.setLocalWindowSize(WINDOW));
server.on('stream', (stream) => {
  stream.on('error', () => undefined); // a client that left
  stream.on('data', () => undefined);
  stream.on('end', () => {
    if (stream.destroyed) return;
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(answer);
  });
});
server.listen(Number(port), '127.0.0.1');
