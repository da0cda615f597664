/** Why a call got no answer: a gRPC status by its name, whatever the protocol was, and a text for a person. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  constructor(
    /** `UNAVAILABLE`, `DEADLINE_EXCEEDED`, …; UNAVAILABLE too where nobody listens. */
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** `seconds`: what --timeout gave, or its default. */
export function tooLate(seconds: number): ClientError {
  return new ClientError('DEADLINE_EXCEEDED', `No answer within ${seconds} s: allow more with --timeout SECONDS`);
}

export function unreachable(address: string, why: string): ClientError {
  const fix = 'start one with "slipway serve MODEL", or say where it is with --address HOST:PORT (and --tls if it speaks TLS)';
  return new ClientError('UNAVAILABLE', `No server can be reached at ${address} (${why}): ${fix}`);
}
