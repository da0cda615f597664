/** Bounds that keep one client from taking the process down. */
export const LIMITS = {
  /** Largest request and largest response, in bytes. */
  messageBytes: 64 * 1024 * 1024,
  /** Requests of one model that may wait for a free instance. */
  queueLength: 256,
  /** Bytes of input tensors that may wait per model. */
  queueBytes: 256 * 1024 * 1024,
} as const;
