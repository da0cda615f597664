/** The one table from InferenceError to gRPC status. Anything else is INTERNAL, and its text stays here. */
import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { type InferenceCode, InferenceError } from '../core/inference-error.js';

export const GRPC_STATUS: Readonly<Record<InferenceCode, status>> = {
  INVALID_ARGUMENT: status.INVALID_ARGUMENT,
  NOT_FOUND: status.NOT_FOUND,
  ALREADY_EXISTS: status.ALREADY_EXISTS,
  UNAVAILABLE: status.UNAVAILABLE,
  RESOURCE_EXHAUSTED: status.RESOURCE_EXHAUSTED,
  DEADLINE_EXCEEDED: status.DEADLINE_EXCEEDED,
  CANCELLED: status.CANCELLED,
  UNIMPLEMENTED: status.UNIMPLEMENTED,
  INTERNAL: status.INTERNAL,
};

export function toServiceError(error: unknown): ServiceError {
  const known = error instanceof InferenceError ? error : new InferenceError('INTERNAL', 'Slipway failed on this request; its log says why');
  return Object.assign(new Error(known.message), { code: GRPC_STATUS[known.code], details: known.message, metadata: new Metadata() });
}
