/**
 * Who wants to hear of single requests: traces, the access log, the verbose log. While nobody does, a request pays for one look
 * at `isOn`. What those do is theirs: they must not throw, and nothing here waits for them.
 */
import { parseTraceParent, type TraceParent } from '../core/trace-context.js';
import { RequestRecord, type RequestStart } from './request-record.js';
import type { TraceSettings } from './trace-settings.js';

/** A request that has ended. */
export interface EndedRequest {
  readonly record: RequestRecord;
  /** gRPC's name of the code, or HTTP's status. */
  readonly code: string;
  /** On the clock of the process. */
  readonly endedSeconds: number;
}

/** Port: makes spans of requests. */
export interface Tracer {
  /** `parent` undefined: the request begins a trace. */
  trace(request: EndedRequest, parent: TraceParent | undefined): void;
}

/** Port: writes a line for each request while `isOn`. */
export interface RequestLog {
  readonly isOn: boolean;
  write(request: EndedRequest): void;
}

export interface RequestWatchOptions {
  readonly settings?: TraceSettings;
  /** Absent: traces are counted, as clients can see in the settings, and go nowhere. */
  readonly tracer?: Tracer;
  readonly log?: RequestLog;
  /** Seconds that only grow. */
  readonly monotonicSeconds: () => number;
}

export class RequestWatch {
  constructor(readonly options: RequestWatchOptions) {}

  get isOn(): boolean {
    return this.options.settings?.isOn === true || this.options.log?.isOn === true;
  }

  begin(start: RequestStart): RequestRecord {
    return new RequestRecord(start, this.options.monotonicSeconds());
  }

  /** Once for each record. */
  end(record: RequestRecord, code: string): void {
    const { settings, tracer, log, monotonicSeconds } = this.options;
    const ended: EndedRequest = { record, code, endedSeconds: monotonicSeconds() };
    if (log?.isOn === true) log.write(ended);
    if (settings?.isOn !== true) return;
    const parent = parseTraceParent(record.start.traceParent);
    // a caller that does not record its trace would get spans without their beginning
    if (parent?.isSampled === false || !settings.shouldTrace(record.model, parent !== undefined)) return;
    tracer?.trace(ended, parent);
  }
}

/** Nobody watches. */
export const UNWATCHED = new RequestWatch({ monotonicSeconds: () => 0 });
