/** A client's connection to the in-memory API: where calls are counted, and where faults happen to them. */
import { assertNever } from '../../../lib/errors.js';
import type { HttpAnswer, HttpCall, KubeConnection } from '../../../lib/kube/connection.js';
import { halfAnswer, type Reply, statusText, toRefusal, wholeAnswer } from './answers.js';
import type { Exchange, Fault } from './exchange.js';
import { MemoryWatch } from './memory-watch.js';

/** What a connection asks of the API that it leads to. */
export interface ConnectionHost {
  /** Takes note of the call. */
  read(call: HttpCall): Exchange;
  faultOf(exchange: Exchange, call: HttpCall): Fault | 'Outage';
  serve(exchange: Exchange, call: HttpCall): Reply | MemoryWatch;
  sleep(ms: number): Promise<void>;
  /** `status` is undefined when the server was not asked. */
  note(exchange: Exchange, happened: { readonly fault: Fault['kind'] | 'Outage'; readonly status: number | undefined }): void;
}

export class MemoryConnection implements KubeConnection {
  readonly #host: ConnectionHost;
  /** What ends each thing that is open. */
  readonly #open = new Set<(error: Error) => void>();
  #isClosed = false;

  constructor(host: ConnectionHost) {
    this.#host = host;
  }

  async exchange(call: HttpCall): Promise<HttpAnswer> {
    if (this.#isClosed) throw networkError('EPIPE', 'The connection is closed');
    if (call.signal.aborted) throw aborted();
    const exchange = this.#host.read(call);
    const fault = this.#host.faultOf(exchange, call);
    if (fault !== 'Outage') return this.#under(fault, exchange, call);
    this.#host.note(exchange, { fault: 'Outage', status: undefined });
    throw networkError('ECONNREFUSED', 'connect ECONNREFUSED');
  }

  retire(): void {
    this.#isClosed = true;
  }

  async destroy(): Promise<void> {
    this.#isClosed = true;
    this.cut();
  }

  /** Breaks everything that is open. */
  cut(): void {
    for (const end of [...this.#open]) end(reset());
  }

  async #under(fault: Fault, exchange: Exchange, call: HttpCall): Promise<HttpAnswer> {
    switch (fault.kind) {
      case 'Pass':
        return this.#answer(this.#serve(fault, exchange, call), call);
      case 'Answer':
        this.#host.note(exchange, { fault: fault.kind, status: fault.status });
        return wholeAnswer({ status: fault.status, text: statusText({ code: fault.status, ...fault }), retryAfterSeconds: fault.retryAfterSeconds });
      case 'LostReply':
        closeWatch(this.#serve(fault, exchange, call));
        throw reset();
      case 'LostReplyHang':
        closeWatch(this.#serve(fault, exchange, call));
        return this.#hang(call);
      case 'Hang':
        this.#host.note(exchange, { fault: fault.kind, status: undefined });
        return this.#hang(call);
      case 'Reset':
        this.#host.note(exchange, { fault: fault.kind, status: undefined });
        throw reset();
      case 'Truncate':
      case 'TruncateSilently':
        return this.#truncated(fault, exchange, call);
      case 'Delay':
        await Promise.race([this.#host.sleep(fault.ms), this.#hang(call)]);
        return this.#answer(this.#serve(fault, exchange, call), call);
      case 'ArriveLate': {
        const served = this.#host.sleep(fault.ms).then(() => this.#serve(fault, exchange, call));
        return this.#answer(await Promise.race([served, this.#hang(call)]), call);
      }
      default:
        return assertNever(fault);
    }
  }

  #serve({ kind: fault }: Fault, exchange: Exchange, call: HttpCall): Reply | MemoryWatch {
    const served = this.#tryServe(exchange, call);
    this.#host.note(exchange, { fault, status: served instanceof MemoryWatch ? 200 : served.status });
    return served;
  }

  #tryServe(exchange: Exchange, call: HttpCall): Reply | MemoryWatch {
    try {
      return this.#host.serve(exchange, call);
    } catch (error) {
      return toRefusal(error);
    }
  }

  #answer(served: Reply | MemoryWatch, call: HttpCall): HttpAnswer {
    if (!(served instanceof MemoryWatch)) return wholeAnswer(served);
    const { body } = served;
    const release = this.#onCut(call, (error) => body.fail(error));
    body.whenClosed(release);
    return { status: 200, headers: { 'content-type': 'application/json' }, body };
  }

  #truncated(fault: Fault, exchange: Exchange, call: HttpCall): HttpAnswer {
    const served = this.#serve(fault, exchange, call);
    if (!(served instanceof MemoryWatch)) return halfAnswer(served, fault.kind === 'Truncate' ? reset() : undefined);
    const answer = this.#answer(served, call);
    served.truncate(fault.kind === 'Truncate' ? 'WithError' : 'Silently');
    return answer;
  }

  /** Until the caller gives up or the connection breaks. */
  #hang(call: HttpCall): Promise<never> {
    return new Promise((_, reject) => {
      const release = this.#onCut(call, (error) => {
        release();
        reject(error);
      });
    });
  }

  #onCut({ signal }: HttpCall, end: (error: Error) => void): () => void {
    const abort = (): void => end(aborted());
    this.#open.add(end);
    signal.addEventListener('abort', abort, { once: true });
    return () => {
      this.#open.delete(end);
      signal.removeEventListener('abort', abort);
    };
  }
}

function closeWatch(served: Reply | MemoryWatch): void {
  if (served instanceof MemoryWatch) served.reset();
}

function reset(): Error {
  return networkError('ECONNRESET', 'read ECONNRESET');
}

function aborted(): Error {
  return Object.assign(new Error('This operation was aborted'), { name: 'AbortError' });
}

function networkError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
