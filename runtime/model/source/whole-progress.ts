/** Progress over several files as of one: what is there of all, and how much all are where every size is known. */
import type { ProgressMeter } from './progress.js';

export class WholeProgress {
  private done = 0;
  private readonly total: number | undefined;
  /** What a source says of its one file only when it is asked for it, counts too. */
  private readonly isOne: boolean;

  constructor(
    private readonly meter: Pick<ProgressMeter, 'update'>,
    sizes: readonly (number | undefined)[],
  ) {
    const known = sizes.filter((size) => size !== undefined);
    if (sizes.length > 1 && known.length === sizes.length) this.total = known.reduce((sum, size) => sum + size, 0);
    this.isOne = sizes.length === 1;
  }

  update(bytes: number, totalBytes: number | undefined): void {
    this.meter.update(this.done + bytes, this.isOne ? totalBytes : this.total);
  }

  /** The next file begins. */
  next(bytes: number): void {
    this.done += bytes;
  }
}
