/** How far a download is, told at most once a second. */
export interface Progress {
  readonly bytes: number;
  readonly totalBytes?: number;
  readonly percent?: number;
  readonly bytesPerSecond: number;
}

export class ProgressMeter {
  private readonly startedAt: number;
  private toldAt: number;
  private bytes = 0;
  private received = 0;

  constructor(
    private readonly now: () => number,
    private readonly tell: (progress: Progress) => void,
    private readonly everyMs = 1000,
  ) {
    this.startedAt = now();
    this.toldAt = this.startedAt;
  }

  /** `bytes` is how much of the whole is there; it falls back when a source begins anew. */
  update(bytes: number, totalBytes: number | undefined): void {
    this.received += Math.max(0, bytes - this.bytes);
    this.bytes = bytes;
    const now = this.now();
    if (now - this.toldAt < this.everyMs) return;
    this.toldAt = now;
    const seconds = (now - this.startedAt) / 1000;
    this.tell({
      bytes,
      bytesPerSecond: Math.round(this.received / seconds),
      ...(totalBytes === undefined ? {} : { totalBytes, percent: Math.floor((100 * bytes) / Math.max(1, totalBytes)) }),
    });
  }
}

/** 1 → `1 B`, 1536 → `1.5 KiB`, 314572800 → `300.0 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit] ?? ''}`;
}
