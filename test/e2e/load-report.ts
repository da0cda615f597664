/** What a load client saw. */
export interface LoadReport {
  readonly succeeded: number;
  readonly failed: number;
  /** Answers per model version. */
  readonly versions: Readonly<Record<string, number>>;
  /** Calls per error text. */
  readonly errors: Readonly<Record<string, number>>;
}

export function computeLoadReport(outcomes: readonly { readonly version?: string; readonly error?: string }[]): LoadReport {
  const versions: Record<string, number> = {};
  const errors: Record<string, number> = {};
  for (const { version, error } of outcomes) {
    if (version !== undefined) versions[version] = (versions[version] ?? 0) + 1;
    if (error !== undefined) errors[error] = (errors[error] ?? 0) + 1;
  }
  const sum = (counts: Record<string, number>): number => Object.values(counts).reduce((total, count) => total + count, 0);
  return { succeeded: sum(versions), failed: sum(errors), versions, errors };
}

export function parseLoadReport(line: string): LoadReport {
  const value: unknown = JSON.parse(line);
  if (!isLoadReport(value)) throw new Error(`The load client printed no report: ${line}`);
  return value;
}

function isLoadReport(value: unknown): value is LoadReport {
  return typeof value === 'object' && value !== null && 'succeeded' in value && 'failed' in value && 'versions' in value && 'errors' in value;
}
