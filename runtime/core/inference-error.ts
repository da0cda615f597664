/** The one way in which serving a request fails: a code that each protocol maps to its own, and a text for the client. */
export const INFERENCE_CODES = [
  'INVALID_ARGUMENT',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'UNAVAILABLE',
  'RESOURCE_EXHAUSTED',
  'DEADLINE_EXCEEDED',
  'CANCELLED',
  'UNIMPLEMENTED',
  'INTERNAL',
] as const;

export type InferenceCode = (typeof INFERENCE_CODES)[number];

/** `message` reaches the client: it names tensors, shapes and limits, and never tensor content. */
export class InferenceError extends Error {
  override readonly name = 'InferenceError';
  constructor(
    readonly code: InferenceCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export function invalidArgument(message: string): InferenceError {
  return new InferenceError('INVALID_ARGUMENT', message);
}
