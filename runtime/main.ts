/** Entry point of the runtime image: `serve`, `resolve` or `fetch`. Only reader of the process environment. */
import process from 'node:process';
import { COMMANDS } from '../contract/commands.js';
import { TERMINATION_CODES } from '../contract/termination.js';
import { describeError } from '../lib/logger.js';
import { writeTermination } from './termination-log.js';

const [command = '', ...argv] = process.argv.slice(2);
process.on('uncaughtException', endInternal); // rejections that nobody handled come here too
try {
  process.exit(await dispatch());
} catch (error) {
  endInternal(error);
}

/** A defect of ours: the kubelet starts the container again, and its status says why. */
function endInternal(error: unknown): never {
  console.error(error);
  writeTermination({ code: 'INTERNAL', stage: 'serve', message: describeError(error) });
  process.exit(TERMINATION_CODES.INTERNAL.exit);
}

/** Each command loads only what it needs: the fetcher never loads ONNX Runtime. */
async function dispatch(): Promise<number> {
  switch (command) {
    case COMMANDS.serve:
      return (await import('./serve.js')).runServe(argv, process.env);
    case COMMANDS.resolve:
      return (await import('./model/source/commands.js')).runResolve(argv, process.env);
    case COMMANDS.fetch:
      return (await import('./model/source/commands.js')).runFetch(argv, process.env);
    default: {
      const message = `"${command}" is not a command of the runtime: give ${Object.values(COMMANDS).join(', ')}`;
      console.error(message);
      writeTermination({ code: 'USAGE', stage: 'serve', message });
      return TERMINATION_CODES.USAGE.exit;
    }
  }
}
