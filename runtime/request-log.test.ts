import { describe, expect, test } from '@jest/globals';
import type { LogFields, RootLogger } from '../lib/logger.js';
import { SILENT_LOGGER } from '../lib/logger.js';
import { RequestRecord } from './dataplane/request-record.js';
import { RequestLines } from './request-log.js';

function makeLog(level: RootLogger['level']) {
  const lines: [string, string, LogFields | undefined][] = [];
  const log: RootLogger = {
    ...SILENT_LOGGER,
    level,
    info: (message, fields) => lines.push(['info', message, fields]),
    debug: (message, fields) => lines.push(['debug', message, fields]),
  };
  return { log, lines };
}

const record = new RequestRecord({ method: '/s/M', peer: '127.0.0.1:9', traceParent: 'secret-1', traceState: 'secret-2', id: 'r\n1' }, 10);
record.asked('m', '', '7');
record.requestBytes = 12;
record.encoded(10, 10.1, 34);

describe('RequestLines', () => {
  test.each([
    { name: 'neither', access: false, level: 'info', want: false },
    { name: 'the access log', access: true, level: 'info', want: true },
    { name: 'the verbose log', access: false, level: 'debug', want: true },
  ] as const)('is on for $name: $want', ({ access, level, want }) => expect(new RequestLines(makeLog(level).log, access).isOn).toBe(want));
  test('the level may change while the server runs', () => {
    const { log } = makeLog('info');
    const lines = new RequestLines(log, false);
    log.level = 'debug';
    expect(lines.isOn).toBe(true);
  });
  test('a line has facts, and no header but the id', () => {
    const { log, lines } = makeLog('debug');
    new RequestLines(log, true).write({ record, code: 'OK', endedSeconds: 10.0012345 });
    const fields = { method: '/s/M', model: 'm', code: 'OK', durationMs: 1.235, requestBytes: 12, responseBytes: 34, id: 'r?1', peer: '127.0.0.1:9' };
    expect(lines).toEqual([['info', 'Request', fields]]);
    new RequestLines(log, false).write({ record, code: '200', endedSeconds: 11 });
    expect(lines[1]?.slice(0, 2)).toEqual(['debug', 'Request']);
  });
});
