/** Named phases with elapsed time, so that whoever waits sees what is being done and for how long. */
export interface PhaseLog {
  readonly name: string;
  readonly seconds: number;
}

export class Phases {
  readonly done: PhaseLog[] = [];
  private readonly startedAt = performance.now();

  constructor(private readonly write: (line: string) => void = console.log) {}

  /** Runs one phase, printing its start, its notes and its end. The error of a failed phase carries its name. */
  async run<T>(name: string, work: (note: (line: string) => void) => Promise<T>): Promise<T> {
    const start = performance.now();
    this.write(`\n▸ ${name}`);
    try {
      const result = await work((line) => this.write(`  ${formatSeconds(performance.now() - start)}  ${line}`));
      const seconds = (performance.now() - start) / 1000;
      this.done.push({ name, seconds });
      this.write(`  ✔ ${name} in ${seconds.toFixed(1)} s (${this.totalSeconds().toFixed(0)} s in all)`);
      return result;
    } catch (error) {
      this.write(`  ✘ ${name} after ${formatSeconds(performance.now() - start).trim()}`);
      throw error;
    }
  }

  totalSeconds(): number {
    return (performance.now() - this.startedAt) / 1000;
  }

  /** One line per phase, longest name aligned. */
  summary(): string {
    const width = Math.max(0, ...this.done.map((phase) => phase.name.length));
    return this.done.map((phase) => `  ${phase.name.padEnd(width)}  ${phase.seconds.toFixed(1).padStart(7)} s`).join('\n');
  }
}

function formatSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1).padStart(6)} s`;
}
