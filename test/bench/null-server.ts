/**
 * Our transport's limit: it reads a request to its end and answers canned bytes. No decoding, no queue, no
 * model. Arguments: port, number of FP32 values in the answer.
 */
import { ByteBudget } from '../../runtime/core/byte-budget.js';
import { GrpcHttp2Server } from '../../runtime/http2/grpc-http2-server.js';
import { frameMessage } from '../../runtime/http2/method.js';
import { RpcError } from '../../runtime/http2/rpc-error.js';
import { TRANSPORT_LIMITS } from '../../runtime/http2/transport-limits.js';
import { tuneCollector } from '../../runtime/http2/v8-settings.js';
import { INFER_PATH } from './infer-body.js';
import { makeNullAnswer } from './null-answer.js';

tuneCollector();
const BUDGET_BYTES = 2 ** 30;
const [port = '8001', values = '10'] = process.argv.slice(2);
const answer = frameMessage(makeNullAnswer(Number(values)));
const server = new GrpcHttp2Server({
  limits: TRANSPORT_LIMITS,
  budget: new ByteBudget(BUDGET_BYTES),
  methods: new Map([[INFER_PATH, { kind: 'unary', lendsMessage: true, handle: () => answer }]]),
  observer: { onCallEnd: () => undefined, onFault: () => undefined, toRpcError: (thrown) => new RpcError('INTERNAL', String(thrown)) },
});
await server.listen('127.0.0.1', Number(port));
