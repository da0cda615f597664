/** One client's connection: its calls, its signs of life, its age, and how it is closed without losing a call. */
import type { Socket } from 'node:net';
import type { OutputPool } from '../../lib/http2/output-pool.js';
import { ErrorCode } from '../../lib/http2/protocol.js';
import type { RequestHead } from '../../lib/http2/request-head.js';
import { ServerSession, type SessionOwner } from '../../lib/http2/server-session.js';
import type { ServerStream } from '../../lib/http2/server-stream.js';
import type { CallHost } from './call-host.js';
import { CallList } from './call-list.js';
import { PingPolicy } from './ping-policy.js';
import type { ServerCall } from './server-call.js';

const BEYOND_AGE = 'The connection is older than the server lets connections be, and the time for its last calls is over';
/** A client that does not answer the ping between the two GOAWAYs has this long to start its last calls. */
const LAST_CALLS_MS = 1000;

/** Who keeps the connections. */
export interface ConnectionOwner {
  /** The call of a stream, or undefined when it was refused. */
  accept(stream: ServerStream, head: RequestHead): ServerCall | undefined;
  onGone(connection: Connection): void;
}

export class Connection implements SessionOwner {
  readonly calls = new CallList<ServerCall>();
  readonly session: ServerSession;
  readonly #pings: PingPolicy;
  readonly #bornMs: number;
  readonly #ageMs: number;
  /** The first look after the last call. */
  #busyMs: number;
  #wasBusy = false;
  #pingedMs: number;
  #isPinging = false;
  #isBeyondAge = false;
  /** Old, and to be retired as soon as a call has come. */
  #isDue = false;
  #retiredMs: number | undefined;
  #lastCalls: NodeJS.Timeout | undefined;
  /** The last look at which the client had taken something, or had nothing to take. */
  #takenMs: number;

  /** `jitter`: -1 to 1, so that connections made together do not end together. */
  constructor(
    readonly host: CallHost,
    readonly owner: ConnectionOwner,
    socket: Socket,
    pool: OutputPool,
    jitter: number,
  ) {
    const { limits } = host;
    this.#bornMs = host.wheel.nowMs();
    this.#busyMs = this.#bornMs;
    this.#pingedMs = this.#bornMs;
    this.#takenMs = this.#bornMs;
    this.#ageMs = limits.connectionAgeMs * (1 + jitter / 10);
    this.#pings = new PingPolicy({ minIntervalMs: limits.minPingIntervalMs, maxStrikes: limits.pingStrikes });
    this.session = new ServerSession(socket, { ...limits, streams: limits.streamsPerConnection }, this, pool);
  }

  nowMs(): number {
    return this.host.wheel.nowMs();
  }

  onStream(stream: ServerStream, head: RequestHead): void {
    const call = this.owner.accept(stream, head);
    if (call !== undefined) this.#add(call);
  }

  onBacklog(change: number): void {
    if (change > 0) this.host.budget.take(change);
    else this.host.budget.give(-change);
  }

  onPing(): void {
    if (!this.#pings.onPing(this.host.wheel.nowMs())) return;
    this.host.observer.onFault('too many pings');
    this.session.fail(ErrorCode.ENHANCE_YOUR_CALM, 'too_many_pings');
  }

  onHeld(change: number): boolean {
    const { budget } = this.host;
    if (change > 0) return budget.tryTake(change);
    budget.give(-change);
    return true;
  }

  onFault(reason: string): void {
    this.host.observer.onFault(reason);
  }

  onClose(): void {
    clearTimeout(this.#lastCalls);
    this.owner.onGone(this);
  }

  #add(call: ServerCall): void {
    this.#pings.onCall();
    this.#wasBusy = true;
    if (call.arrival.stream.isClosed) return;
    this.calls.add(call);
    call.onLeft = this.#remove;
    if (this.#isDue) this.retire();
  }

  readonly #remove = (call: ServerCall): void => {
    this.calls.delete(call);
    this.#wasBusy = true;
    if (this.#retiredMs !== undefined && this.calls.size === 0) this.#close();
  };

  /** Once a second. */
  sweep(nowMs: number): void {
    if (this.session.isDestroyed) return;
    if (this.#wasBusy) {
      this.#busyMs = nowMs;
      this.#wasBusy = false;
    }
    for (const call of this.calls.list()) call.sweep(nowMs);
    const { limits } = this.host;
    if (this.session.backlogBytes === 0 || this.session.takeProgress()) this.#takenMs = nowMs;
    else if (nowMs - this.#takenMs > limits.writeStallMs) {
      this.#fault('took nothing of its answers');
      return;
    }
    if (this.session.isReadPaused) return; // what would be a sign of life lies unread
    if (!this.session.isEstablished) {
      if (nowMs - this.#busyMs > limits.handshakeMs && this.calls.size === 0) this.#fault('sent no HTTP/2 settings');
      return;
    }
    if (this.#isPinging && nowMs - this.#lastSignMs() > limits.keepaliveTimeoutMs) this.#fault('gave no sign of life');
    else if (!this.#isPinging && nowMs - this.#pingedMs > limits.keepaliveMs) this.#ping(nowMs);
    const isOld = limits.connectionAgeMs > 0 && nowMs - this.#bornMs > this.#ageMs;
    const isIdle = limits.connectionIdleMs > 0 && this.calls.size === 0 && nowMs - this.#busyMs > limits.connectionIdleMs;
    if (this.#retiredMs === undefined) {
      if (isIdle) this.retire();
      else if (isOld) this.#retireOld(nowMs);
    } else if (isOld && nowMs - this.#retiredMs > limits.connectionAgeGraceMs) this.#endOld();
  }

  /**
   * Between two calls of a busy connection the next one is on its way most likely, and would be lost to a client that does not
   * send again what was never taken: so with the next call in flight, in two steps, or at the next look.
   */
  #retireOld(nowMs: number): void {
    if (this.calls.size > 0 || this.#busyMs < nowMs) this.retire();
    else this.#isDue = true;
  }

  /** With a status, and cut off at the next look where the client does not take it. */
  #endOld(): void {
    if (this.#isBeyondAge) {
      this.session.destroy();
      return;
    }
    this.#isBeyondAge = true;
    this.host.observer.onFault('had calls beyond its age');
    this.endCalls(BEYOND_AGE);
  }

  /** UNAVAILABLE: they may be sent again elsewhere. */
  endCalls(message: string): void {
    for (const call of this.calls.list()) call.end('UNAVAILABLE', message);
  }

  /**
   * Asks the client to go elsewhere and closes when its calls have ended. With calls in flight in two steps: after the first
   * GOAWAY every call that was on its way is still taken, after the second none. Without any there is one, which names the last
   * call that was taken: clients send what came after it elsewhere.
   */
  retire(): void {
    if (this.#retiredMs !== undefined || this.session.isDestroyed) return;
    this.#retiredMs = this.host.wheel.nowMs();
    if (this.calls.size === 0) {
      this.#close();
      return;
    }
    this.session.announceEnd();
    this.#lastCalls = setTimeout(() => this.#close(), LAST_CALLS_MS);
    if (!this.session.ping(() => this.#close())) this.#close();
  }

  destroy(): void {
    this.session.destroy();
  }

  #close(): void {
    clearTimeout(this.#lastCalls);
    this.session.close();
  }

  /** A slow reader finds the ping behind all that lies in the socket before it: what it takes until then is a sign of life too. */
  #lastSignMs(): number {
    let last = this.#pingedMs;
    for (const call of this.calls.list()) last = Math.max(last, call.progressMs);
    return last;
  }

  #ping(nowMs: number): void {
    this.#pingedMs = nowMs;
    this.#isPinging = this.session.ping(() => {
      this.#isPinging = false;
    });
  }

  #fault(reason: string): void {
    this.host.observer.onFault(reason);
    this.session.destroy();
  }
}
