/**
 * A header block that says something else than RFC 7541 allows. The tables of the two ends can no longer be known to agree: the
 * connection must end with COMPRESSION_ERROR (RFC 9113 4.3).
 */
export class HpackError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'HpackError';
  }
}
