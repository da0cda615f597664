/** How a command that asks a server ends when it cannot: one line on stderr, and an exit code. */
import { TERMINATION_CODES } from '../contract/termination.js';
import { describeError } from '../lib/logger.js';
import { InferenceError } from '../runtime/core/inference-error.js';
import { ClientError } from './client/client-error.js';
import { UsageError } from './usage-error.js';

/** The exit code. `command`: whose --help has more. */
export function reportFailure(command: string, error: unknown, hint = ''): number {
  if (error instanceof UsageError) {
    console.error(`${error.message}\n("slipway ${command} --help" has every flag)`);
    return TERMINATION_CODES.USAGE.exit;
  }
  const isNamed = error instanceof ClientError || error instanceof InferenceError;
  console.error(`${isNamed ? `${error.code}: ${error.message}` : describeError(error)}${hint}`);
  return TERMINATION_CODES.INTERNAL.exit;
}
