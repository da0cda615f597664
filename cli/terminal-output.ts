/** What resolve and fetch say to a person: the result alone on stdout, everything else as plain lines on stderr. */
import type { Termination } from '../contract/termination.js';
import { type LogFields, type Logger, SILENT_LOGGER } from '../lib/logger.js';
import type { CommandOutput } from '../runtime/model/source/commands.js';

export interface Terminal {
  out(line: string): void;
  error(line: string): void;
}

/** `result` is what goes to stdout when all went well. */
export function terminalOutput(result: (termination: Termination) => string | undefined, terminal: Terminal = console_): CommandOutput {
  return {
    logger: terminalLogger(terminal),
    finish: (termination) => {
      const line = termination.code === 'OK' ? result(termination) : undefined;
      terminal.error(termination.message);
      if (line !== undefined) terminal.out(line);
    },
  };
}

const console_: Terminal = { out: (line) => console.log(line), error: (line) => console.error(line) };

function terminalLogger(terminal: Terminal): Logger {
  const say = (message: string, fields: LogFields = {}): void => {
    const facts = Object.entries(fields).map(([name, value]) => `${name} ${value instanceof Error ? value.message : String(value)}`);
    terminal.error(`  ${[message, ...facts].join(', ')}`);
  };
  return { ...SILENT_LOGGER, info: say, warn: say, error: say, child: () => terminalLogger(terminal) };
}
