/** Nothing that a fuzzer waits for may take for ever: what does is a hang, and named. */
export const HANG_MS = 15_000;

export async function within<Value>(what: string, promise: Promise<Value>, limitMs = HANG_MS): Promise<Value> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${what} had not ended after ${limitMs / 1000} s`)), limitMs);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
