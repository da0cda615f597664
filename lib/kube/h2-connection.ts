/**
 * HTTP/2 to one API server: one session for watches and one for calls, so that a hundred lists never hold up a watch's events, and
 * no more sockets than that in everyday life.
 */
import { BACKGROUND_CLOCK, type Clock } from '../clock.js';
import type { TlsMaterial } from './cluster-access.js';
import { type HttpAnswer, type HttpCall, type KubeConnection, type Lane, RETIREMENT_MS } from './connection.js';
import { H2Lane } from './h2-lane.js';
import { H2_TUNING, type H2Tuning } from './h2-session.js';

/** An API server allows 100 streams on each: 200 calls at once, 400 watches. */
const MAX_SESSIONS: Readonly<Record<Lane, number>> = { Calls: 2, Watches: 4 };

export interface H2ConnectionOptions {
  readonly clock?: Clock;
  readonly tuning?: Partial<H2Tuning>;
}

export class H2Connection implements KubeConnection {
  readonly #lanes: Readonly<Record<Lane, H2Lane>>;
  readonly #clock: Clock;
  readonly #end = new AbortController();

  constructor(server: string, tls: TlsMaterial, { clock = BACKGROUND_CLOCK, tuning = {} }: H2ConnectionOptions = {}) {
    const options = { server, tls, clock, tuning: { ...H2_TUNING, ...tuning } };
    this.#clock = clock;
    this.#lanes = { Calls: new H2Lane(options, MAX_SESSIONS.Calls), Watches: new H2Lane(options, MAX_SESSIONS.Watches) };
  }

  /** Rejects with a NotHttp2Error when the server speaks something else. */
  exchange(call: HttpCall): Promise<HttpAnswer> {
    return this.#lanes[call.lane].exchange(call);
  }

  retire(): void {
    for (const lane of Object.values(this.#lanes)) lane.retire();
    void this.#clock.sleep(RETIREMENT_MS, this.#end.signal).then(() => this.destroy());
  }

  async destroy(): Promise<void> {
    this.#end.abort();
    for (const lane of Object.values(this.#lanes)) lane.destroy();
  }
}
