/** Bounds that keep one client from taking the process down. */
export const LIMITS = {
  /** Largest request and largest response, in bytes. */
  messageBytes: 64 * 1024 * 1024,
  /** Bytes that all requests and answers in flight hold together, over every protocol. */
  inFlightBytes: 512 * 1024 * 1024,
  /** Largest JSON in a request over HTTP: parsing blocks the process and takes many times its size. Tensors beside it are not counted. */
  jsonBytes: 16 * 1024 * 1024,
  /** A request's body over HTTP may pause for this long. */
  bodyStallMs: 15_000,
  /** Regions of shared memory that clients may register. */
  sharedRegions: 256,
  /** Requests of one model that may wait for a free instance: fewer than one connection may send at once, so that even that is told. */
  queueLength: 1000,
  /** Bytes of input tensors that may wait per model. */
  queueBytes: 256 * 1024 * 1024,
} as const;
