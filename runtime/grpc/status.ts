/** The one table from InferenceError to gRPC status. Anything else is INTERNAL, and its text stays here. */
import { InferenceError } from '../core/inference-error.js';
import { RpcError } from '../http2/rpc-error.js';

const INTERNAL_TEXT = 'Slipway failed on this request; its log says why';

/** InferenceCode is a subset of gRPC's, by name. */
export function toRpcError(error: unknown): RpcError {
  if (error instanceof InferenceError) return new RpcError(error.code, error.message);
  return error instanceof RpcError ? error : new RpcError('INTERNAL', INTERNAL_TEXT);
}

/** What the log has to hear of, because the client is not told. */
export function isUnknown(error: unknown): boolean {
  return !(error instanceof RpcError) && (!(error instanceof InferenceError) || error.code === 'INTERNAL');
}
