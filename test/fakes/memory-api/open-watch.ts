/** A watch that is open, as a test gets hold of it to break it. */
import type { ResourceKind } from '../../../operator/ports.js';

export interface OpenWatch {
  readonly client: string;
  readonly resource: ResourceKind;
  /** Nothing ever comes again, and nobody says so. */
  halfOpen(): void;
  /** In peace: all that has happened is told before. */
  end(): void;
  /** The connection breaks; what was on its way is lost. */
  reset(): void;
  /** An ERROR event, and the end. */
  sendError(code: 410 | 500, reason: string): void;
  /** Events wait that long; bookmarks of what was told before them come every second. */
  bookmarksOnly(forMs: number): void;
  duplicateNext(count: number): void;
  /** The next `count` events come in the opposite order. */
  reorderNext(count: number): void;
  /** The next `count` events come that much later; what comes after them overtakes them. */
  delayNext(count: number, ms: number): void;
  /** Lines come in chunks of at most that many bytes. */
  splitLines(maxBytes: number): void;
  /** The next `count` events never come. An API server never does that and goes on: pair it with `sendError` or `reset`. */
  dropNext(count: number): void;
  /** A line that is no JSON. */
  garbage(): void;
  /** Half a line, and then an end: in peace, or broken. */
  truncate(how: 'Silently' | 'WithError'): void;
}
