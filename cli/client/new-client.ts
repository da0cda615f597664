/** The client that the flags ask for. */
import type { ConnectionOptions } from './connection-options.js';
import { GrpcInferenceClient } from './grpc-client.js';
import { HttpInferenceClient } from './http-client.js';
import type { InferenceClient } from './inference-client.js';

export function newInferenceClient(options: ConnectionOptions): InferenceClient {
  return options.protocol === 'http' ? new HttpInferenceClient(options) : new GrpcInferenceClient(options);
}
