/** For tests: a session over loopback, its owner, which remembers all it was told, and a pool that counts. */
import type { Buffer } from 'node:buffer';
import { OutputPool } from './output-pool.js';
import type { RequestHead } from './request-head.js';
import { ServerSession, type SessionLimits, type SessionOwner } from './server-session.js';
import type { ServerStream } from './server-stream.js';
import { openSockets, type SocketPair } from './test-sockets.js';

export const TEST_LIMITS: SessionLimits = {
  windowBytes: 65_535,
  frameBytes: 16_384,
  streams: 100,
  headerListBytes: 16_384,
  headerPairs: 64,
  resetBurst: 1000,
  resetsPerSecond: 0,
};

export class CountingPool extends OutputPool {
  taken = 0;
  given = 0;

  override take(): Buffer {
    this.taken++;
    return super.take();
  }

  override give(buffer: Buffer): void {
    this.given++;
    super.give(buffer);
  }
}

export class TestOwner implements SessionOwner {
  readonly streams: ServerStream[] = [];
  readonly heads: RequestHead[] = [];
  readonly faults: string[] = [];
  pings = 0;
  backlog = 0;
  /** Kept for paused streams, of at most `heldRoom` bytes. */
  held = 0;
  heldRoom = Number.POSITIVE_INFINITY;
  maxBacklog = 0;
  closes = 0;
  /** For what a test wants done at each. */
  act: { onStream?: (stream: ServerStream, head: RequestHead) => void; onPing?: () => void; onClose?: () => void } = {};
  readonly #closed = Promise.withResolvers<void>();

  /** Resolves when the socket is gone. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  onStream(stream: ServerStream, head: RequestHead): void {
    this.streams.push(stream);
    this.heads.push(head);
    this.act.onStream?.(stream, head);
  }

  onPing(): void {
    this.pings++;
    this.act.onPing?.();
  }

  onHeld(change: number): boolean {
    if (this.held + change > this.heldRoom) return false;
    this.held += change;
    return true;
  }

  onBacklog(change: number): void {
    this.backlog += change;
    this.maxBacklog = Math.max(this.maxBacklog, this.backlog);
  }

  onFault(reason: string): void {
    this.faults.push(reason);
  }

  onClose(): void {
    this.closes++;
    this.#closed.resolve();
    this.act.onClose?.();
  }

  nowMs(): number {
    return 0;
  }
}

export interface TestSession extends SocketPair {
  readonly session: ServerSession;
  readonly owner: TestOwner;
  readonly pool: CountingPool;
}

export async function openSession(limits: Partial<SessionLimits> = {}, allowHalfOpen = false): Promise<TestSession> {
  const sockets = await openSockets(allowHalfOpen);
  const owner = new TestOwner();
  const pool = new CountingPool();
  const session = new ServerSession(sockets.server, { ...TEST_LIMITS, ...limits }, owner, pool);
  return { ...sockets, session, owner, pool };
}
