/**
 * One line per inference request: of the access log where the server was started with it, else of the verbose log while its level
 * is debug. Facts about the request, never what is in it: no tensor, no header but its id.
 */
import type { LogFields, RootLogger } from '../lib/logger.js';
import type { EndedRequest, RequestLog } from './dataplane/request-watch.js';

export class RequestLines implements RequestLog {
  constructor(
    readonly log: RootLogger,
    readonly isAccessLog: boolean,
  ) {}

  get isOn(): boolean {
    return this.isAccessLog || this.log.level === 'debug';
  }

  write(request: EndedRequest): void {
    const fields = computeFields(request);
    if (this.isAccessLog) this.log.info('Request', fields);
    else this.log.debug('Request', fields);
  }
}

/** What is not known is left out. */
export function computeFields({ record, code, endedSeconds }: EndedRequest): LogFields {
  const { start, startedSeconds, model, version, id, rows, requestBytes, responseBytes } = record;
  return {
    method: start.method,
    ...(model === '' ? {} : { model }),
    ...(version === '' ? {} : { version }),
    code,
    durationMs: Math.round((endedSeconds - startedSeconds) * 1e6) / 1000,
    requestBytes,
    responseBytes,
    ...(rows === 0 ? {} : { rows }),
    ...(id === '' ? {} : { id }),
    ...(start.peer === '' ? {} : { peer: start.peer }),
  };
}
