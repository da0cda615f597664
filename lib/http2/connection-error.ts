import type { ErrorCode } from './protocol.js';

/** What ends a connection: RFC 9113, section 5.4.1. `message` goes into GOAWAY's debug data. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  constructor(
    readonly code: ErrorCode,
    message: string,
  ) {
    super(message);
  }
}
