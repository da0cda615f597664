/** What images/Containerfile gives to the runtime: measured without it, memory would be that of no pod. */

/** For Node, in front of the script. */
export const IMAGE_FLAGS: readonly string[] = ['--max-semi-space-size=8'];

/** For glibc's malloc, which reads it when a process starts. */
export const IMAGE_ENV: Readonly<Record<string, string>> = { MALLOC_MMAP_THRESHOLD_: '1048576', MALLOC_TRIM_THRESHOLD_: '16777216' };
