/**
 * What one inference request did, for those who write spans and logs: filled on its way by the transport and the dataplane, and
 * made only while somebody watches (request-watch.ts). It holds no tensor and no header but the request's id and trace context.
 */
import type { RunSeconds } from './ports.js';

/** Longest text of a client that is kept of a request. */
export const TEXT_LIMIT = 128;

export interface RequestStart {
  /** `/package.Service/Method`, or `POST /v2/models/{model}/infer`. */
  readonly method: string;
  /** Address and port; '' when unknown. */
  readonly peer: string;
  /** Of the header `traceparent`, as it came. */
  readonly traceParent: string | undefined;
  /** Of the header `tracestate`, as it came. */
  readonly traceState: string | undefined;
  /** Of the header `x-request-id`; it wins over the id in the message. */
  readonly id: string | undefined;
}

export type PhaseName = 'queue' | 'batch' | 'compute' | 'encode';

/** Seconds on the clock of the process. */
export interface Phase {
  readonly name: PhaseName;
  readonly startSeconds: number;
  readonly endSeconds: number;
}

interface Ran {
  readonly rows: number;
  readonly batchRows?: number;
  readonly submittedSeconds: number;
  readonly answeredSeconds: number;
  readonly queueSeconds: number;
  /** Absent: answered from memory. */
  readonly run?: RunSeconds;
}

export class RequestRecord {
  model = '';
  version = '';
  /** '' when the client gave none. */
  id: string;
  /** Of this request; 0 until the model has it. */
  rows = 0;
  /** Of the run that it was part of; 0 without one. */
  batchRows = 0;
  requestBytes = 0;
  responseBytes = 0;
  #ran: Ran | undefined;
  #encode: Phase | undefined;

  constructor(
    readonly start: RequestStart,
    /** On the clock of the process. */
    readonly startedSeconds: number,
  ) {
    this.id = cleanText(start.id ?? '');
  }

  /** The names that the client used, before anything is known of them. */
  asked(model: string, version: string, id: string): void {
    this.model = cleanText(model);
    this.version = cleanText(version);
    if (this.id === '') this.id = cleanText(id);
  }

  found(model: { readonly name: string; readonly version: string }): void {
    this.model = model.name;
    this.version = model.version;
  }

  ran(ran: Ran): void {
    this.#ran = ran;
    this.rows = ran.rows;
    if (ran.run !== undefined) this.batchRows = ran.batchRows ?? ran.rows;
  }

  encoded(startSeconds: number, endSeconds: number, bytes: number): void {
    this.#encode = { name: 'encode', startSeconds, endSeconds };
    this.responseBytes = bytes;
  }

  /**
   * One after another, none ends after the answer was there: measured in two threads, their sum may be a little more.
   * queue 10 → 12, batch 12 → 12.5, compute 12.5 → 15; at 15.2 the answer was there, and encode 15.2 → 15.3.
   */
  phases(): Phase[] {
    const phases: Phase[] = [];
    if (this.#ran?.run !== undefined) {
      const { submittedSeconds, answeredSeconds, queueSeconds, run } = this.#ran;
      let at = submittedSeconds;
      const add = (name: PhaseName, seconds: number): void => {
        const endSeconds = Math.min(answeredSeconds, at + Math.max(0, seconds));
        phases.push({ name, startSeconds: at, endSeconds });
        at = endSeconds;
      };
      add('queue', queueSeconds);
      add('batch', run.inputSeconds);
      add('compute', run.inferenceSeconds);
    }
    if (this.#encode !== undefined) phases.push(this.#encode);
    return phases;
  }
}

/** Text of a client as it may stand in a log: short, and without what moves a terminal's cursor. */
export function cleanText(text: string): string {
  return text
    .slice(0, TEXT_LIMIT)
    .replaceAll(/\p{Cc}/gu, '?')
    .toWellFormed();
}
