/**
 * Bounds on what one message may make the decoder allocate: a repeated field costs two bytes on the wire and an object here. All lie
 * far beyond what models have; a message beyond them is refused by name. These are the only messages that other parsers take and this
 * one does not.
 */
export const WIRE_LIMITS = {
  /** Of inputs, requested outputs, and entries of raw contents, each. */
  tensors: 4096,
  /** In the whole message, counting an entry whose key comes again. */
  parameters: 8192,
  /** Dimensions of one shape. */
  rank: 256,
  /** How often `contents` of one tensor may come: the occurrences are merged. */
  contentsPieces: 1024,
} as const;
