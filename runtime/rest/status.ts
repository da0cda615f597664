/** The one table from InferenceError to HTTP status, the twin of gRPC's. Anything else is 500, and its text stays here. */
import { answerJson, type HttpAnswer } from '../../lib/http-server.js';
import { type InferenceCode, InferenceError } from '../core/inference-error.js';

export const HTTP_STATUS: Readonly<Record<InferenceCode, number>> = {
  INVALID_ARGUMENT: 400,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  UNAVAILABLE: 503,
  RESOURCE_EXHAUSTED: 429,
  DEADLINE_EXCEEDED: 504,
  CANCELLED: 499,
  UNIMPLEMENTED: 501,
  INTERNAL: 500,
};

/** What HTTP alone can refuse: a method, an encoding, a body that is too large or does not come. */
export class HttpRefusal extends Error {
  override readonly name = 'HttpRefusal';
  constructor(
    readonly status: 405 | 408 | 413 | 415,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export function answerError(error: unknown): HttpAnswer {
  if (error instanceof HttpRefusal) return { ...answerJson(error.status, { error: error.message }), headers: error.headers };
  const known = error instanceof InferenceError ? error : new InferenceError('INTERNAL', 'Slipway failed on this request; its log says why');
  return answerJson(HTTP_STATUS[known.code], { error: known.message });
}
