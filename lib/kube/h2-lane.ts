/**
 * The sessions that calls of one kind share: one, and further ones only while the server's greatest number of streams is used up.
 * A call that finds no stream waits for one, in order.
 */
import type { HttpAnswer, HttpCall } from './connection.js';
import { UnprocessedError } from './h2-exchange.js';
import { H2Session, type H2SessionOptions } from './h2-session.js';

/** Beyond this many the process asks faster than any server answers: better to say so than to hoard. */
const MAX_WAITING = 10_000;
/** A session that takes no new calls lives until its watches end. A server that sends GOAWAY all the time would collect them. */
const MAX_DRAINING = 2;
/** After a further session could not be made the others have to do for so long. */
const FURTHER_RETRY_MS = 5000;

interface Waiter {
  /** Sends the call at once, so that the stream is taken when this returns. */
  readonly start: (session: H2Session) => void;
  readonly reject: (error: unknown) => void;
}

export class H2Lane {
  readonly #options: H2SessionOptions;
  readonly #maxSessions: number;
  /** Those that take calls, oldest first. */
  readonly #sessions = new Set<H2Session>();
  readonly #draining = new Set<H2Session>();
  readonly #waiting = new Set<Waiter>();
  readonly #end = new AbortController();
  #isConnecting = false;
  #noFurtherUntil = Number.NEGATIVE_INFINITY;
  #isRetired = false;

  constructor(options: H2SessionOptions, maxSessions: number) {
    this.#options = options;
    this.#maxSessions = maxSessions;
  }

  /** A call that the server provably did nothing with is sent once more. */
  async exchange(call: HttpCall): Promise<HttpAnswer> {
    if (this.#isRetired) throw new Error('The connection takes no more calls');
    try {
      return await this.#send(call);
    } catch (error) {
      if (!(error instanceof UnprocessedError) || call.signal.aborted) throw error;
      return this.#send(call);
    }
  }

  /** Calls that have begun, or wait, may end. */
  retire(): void {
    this.#isRetired = true;
    this.#closeWhenDone();
  }

  destroy(): void {
    this.#isRetired = true;
    const reason = new Error('The connection to the API server was closed');
    this.#end.abort(reason);
    this.#rejectWaiting(reason);
    for (const session of [...this.#sessions, ...this.#draining]) session.destroy(reason);
  }

  #send(call: HttpCall): Promise<HttpAnswer> {
    if (this.#end.signal.aborted) return Promise.reject(this.#end.signal.reason);
    if (call.signal.aborted) return Promise.reject(givenUp());
    if (this.#waiting.size >= MAX_WAITING) return Promise.reject(new Error(`${MAX_WAITING} calls wait for the API server already`));
    return new Promise((resolve, reject) => {
      const abort = (): void => waiter.reject(givenUp());
      const forget = (): void => {
        this.#waiting.delete(waiter);
        call.signal.removeEventListener('abort', abort);
      };
      const waiter: Waiter = {
        start: (session) => {
          forget();
          resolve(session.exchange(call));
        },
        reject: (error) => {
          forget();
          reject(error);
        },
      };
      this.#waiting.add(waiter);
      call.signal.addEventListener('abort', abort, { once: true });
      this.#serve();
    });
  }

  #serve(): void {
    for (const waiter of this.#waiting) {
      const session = this.#firstFree();
      if (session === undefined) break;
      waiter.start(session);
    }
    if (this.#waiting.size === 0) this.#closeWhenDone();
    else if (this.#mayConnect()) void this.#connect();
  }

  #firstFree(): H2Session | undefined {
    for (const session of this.#sessions) if (session.free > 0) return session;
    return undefined;
  }

  #mayConnect(): boolean {
    if (this.#isConnecting || this.#end.signal.aborted || this.#sessions.size >= this.#maxSessions) return false;
    return this.#sessions.size === 0 || this.#options.clock.now() >= this.#noFurtherUntil;
  }

  async #connect(): Promise<void> {
    this.#isConnecting = true;
    try {
      await this.#addSession();
    } catch (error) {
      // whoever waits for a stream of a session that lives can go on waiting
      if (this.#sessions.size === 0) this.#rejectWaiting(error);
      else this.#noFurtherUntil = this.#options.clock.now() + FURTHER_RETRY_MS;
    } finally {
      this.#isConnecting = false;
    }
    this.#serve();
  }

  async #addSession(): Promise<void> {
    let session: H2Session | undefined;
    const onDraining = (): void => {
      if (session !== undefined) this.#moveToDraining(session);
    };
    const onClosed = (): void => {
      if (session !== undefined) this.#draining.delete(session);
      this.#serve();
    };
    session = await H2Session.connect(this.#options, { onFree: () => this.#serve(), onDraining, onClosed }, this.#end.signal);
    if (session.isDraining) {
      session.destroy(new Error('It is of no use'));
      throw new Error('The server ended the connection at once');
    }
    this.#sessions.add(session);
  }

  #moveToDraining(session: H2Session): void {
    this.#sessions.delete(session);
    this.#draining.add(session);
    const [oldest] = this.#draining;
    if (this.#draining.size > MAX_DRAINING)
      oldest?.destroy(new Error('The server asked for a new connection again and again: the oldest was closed'));
  }

  #closeWhenDone(): void {
    if (!this.#isRetired || this.#waiting.size > 0) return;
    for (const session of [...this.#sessions]) session.close();
  }

  #rejectWaiting(error: unknown): void {
    for (const waiter of [...this.#waiting]) waiter.reject(error);
  }
}

function givenUp(): Error {
  return new Error('The call was given up');
}
