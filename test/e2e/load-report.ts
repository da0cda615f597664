/** What a load client saw, cumulative. */
export interface LoadReport {
  readonly succeeded: number;
  readonly failed: number;
  /** Answers per model version. */
  readonly versions: Readonly<Record<string, number>>;
  /** Calls per error text. */
  readonly errors: Readonly<Record<string, number>>;
}

export class LoadCounter {
  readonly #versions = new Map<string, number>();
  readonly #errors = new Map<string, number>();

  succeeded(version: string): void {
    this.#versions.set(version, (this.#versions.get(version) ?? 0) + 1);
  }

  failed(text: string): void {
    this.#errors.set(text, (this.#errors.get(text) ?? 0) + 1);
  }

  report(): LoadReport {
    const [versions, errors] = [this.#versions, this.#errors];
    return { succeeded: sum(versions), failed: sum(errors), versions: Object.fromEntries(versions), errors: Object.fromEntries(errors) };
  }
}

export function parseLoadReport(line: string): LoadReport {
  const value: unknown = JSON.parse(line);
  if (!isLoadReport(value)) throw new Error(`The load client printed no report: ${line}`);
  return value;
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}

function isLoadReport(value: unknown): value is LoadReport {
  return typeof value === 'object' && value !== null && 'succeeded' in value && 'failed' in value && 'versions' in value && 'errors' in value;
}
