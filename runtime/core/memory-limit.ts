/** Reads the numbers with which cgroups limit memory. */

/** Bytes of a cgroup v2 `memory.max` ("536870912", "max"); undefined when unlimited or unreadable. */
export function parseMemoryMax(text: string): number | undefined {
  const trimmed = text.trim();
  return /^\d+$/.test(trimmed) ? Number(trimmed) : undefined;
}

/** Bytes of a cgroup v1 `memory.limit_in_bytes`, which says "unlimited" with a number near 2^63. */
export function parseMemoryLimitV1(text: string): number | undefined {
  const bytes = parseMemoryMax(text);
  return bytes === undefined || bytes >= 2 ** 60 ? undefined : bytes;
}

/** The tightest of the limits that are known; the machine's own memory is one of them. */
export function computeTightestMemory(limits: readonly (number | undefined)[]): number | undefined {
  const known = limits.filter((limit) => limit !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
