/** `slipway fetch` and `resolve` without a process: waits take no time, and what they logged can be read. */
import type { LogFields, Logger } from '../../lib/logger.js';
import { openContext, type SourceContext } from '../../runtime/model/source/open-source.js';
import type { Environment } from '../../runtime/model/source/proxy.js';
import { parseSourceFlags } from '../../runtime/model/source/source-flags.js';
import type { Timeouts } from '../../runtime/model/source/transport.js';
import { FakeClock } from './fake-clock.js';

export interface TestContext {
  readonly context: SourceContext;
  readonly clock: FakeClock;
  /** Every line logged, with its fields. */
  readonly lines: string[];
}

export interface TestContextOptions {
  readonly env?: Environment;
  readonly timeouts?: Partial<Timeouts>;
  readonly signal?: AbortSignal;
}

export async function openTestContext(argv: readonly string[], options: TestContextOptions = {}): Promise<TestContext> {
  const lines: string[] = [];
  const clock = new FakeClock();
  const { env = {}, timeouts = { connectMs: 2000, headersMs: 2000, bodyMs: 2000 }, signal } = options;
  const context = await openContext(parseSourceFlags(argv), {
    env,
    clock,
    timeouts,
    logger: newRecordingLogger(lines),
    ...(signal === undefined ? {} : { signal }),
  });
  return { context, clock, lines };
}

function newRecordingLogger(lines: string[]): Logger {
  const log = (message: string, fields?: LogFields): void => {
    lines.push(`${message} ${JSON.stringify(fields ?? {})}`);
  };
  return { debug: log, info: log, warn: log, error: log, child: () => newRecordingLogger(lines) };
}
