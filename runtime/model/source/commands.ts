/** `slipway resolve` and `slipway fetch`: flags in, exit code out, the result in the termination message. */
import { TERMINATION_CODES, type Termination, type TerminationStage } from '../../../contract/termination.js';
import { describeError, type Logger, newLogger } from '../../../lib/logger.js';
import { writeTermination } from '../../termination-log.js';
import { fetchModel } from './fetch-model.js';
import { openContext, type SourceContext } from './open-source.js';
import { formatBytes } from './progress.js';
import type { Environment } from './proxy.js';
import { redactText } from './redact.js';
import { resolveModel } from './resolve-model.js';
import { SourceError } from './source-error.js';
import { parseSourceFlags, type SourceFlags } from './source-flags.js';

/** Whom a command tells what it does and how it ended. */
export interface CommandOutput {
  readonly logger: Logger;
  finish(termination: Termination): void;
}

/** Resolver pod: uri → digest. */
export function runResolve(argv: readonly string[], env: Environment, output = containerOutput('resolve')): Promise<number> {
  return runCommand('resolve', { argv, env, output }, async (context) => {
    const resolved = await resolveModel(context);
    const at = resolved.sourceRevision === undefined ? '' : ` at ${resolved.sourceRevision}`;
    return { ...resolved, code: 'OK', stage: 'resolve', message: `Resolved ${redactText(context.flags.uriText)}${at} to ${resolved.digest}` };
  });
}

/** Init container: digest → verified bytes in --dest. */
export function runFetch(argv: readonly string[], env: Environment, output = containerOutput('fetch')): Promise<number> {
  return runCommand('download', { argv, env, output }, async (context) => {
    const { dest, uriText } = context.flags;
    if (dest === undefined) throw new SourceError('USAGE', '--dest is missing: give the folder for the model, DIR/<name>/<version>');
    const { record, reused } = await fetchModel(context, dest);
    const { digest, sourceRevision, contentDigest, bytes, downloadSeconds } = record;
    const done = reused ? 'Found the verified model' : 'Fetched and verified';
    const message = `${done} ${redactText(uriText)}, ${formatBytes(bytes)} in ${downloadSeconds.toFixed(1)} s`;
    const revision = sourceRevision === undefined ? {} : { sourceRevision };
    return { code: 'OK', stage: 'verify', message, digest, ...revision, contentDigest, bytes, seconds: downloadSeconds };
  });
}

interface Command {
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly output: CommandOutput;
}

async function runCommand(
  stage: TerminationStage,
  { argv, env, output }: Command,
  work: (context: SourceContext) => Promise<Termination>,
): Promise<number> {
  const { logger } = output;
  const abort = new AbortController();
  const stop = (signal: string): void => abort.abort(new SourceError('INTERNAL', `Stopped by ${signal} before the end`));
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  try {
    return finish(output, await withContext(parseSourceFlags(argv), { env, logger, signal: abort.signal }, work));
  } catch (error) {
    return finish(output, failure(abort.signal.aborted ? abort.signal.reason : error, stage));
  } finally {
    process.off('SIGTERM', stop);
    process.off('SIGINT', stop);
  }
}

async function withContext(
  flags: SourceFlags,
  options: { env: Environment; logger: Logger; signal: AbortSignal },
  work: (context: SourceContext) => Promise<Termination>,
): Promise<Termination> {
  const startedAt = performance.now();
  const context = await openContext(flags, options);
  try {
    const termination = await work(context);
    return { seconds: (performance.now() - startedAt) / 1000, ...termination };
  } finally {
    await context.transport.close();
  }
}

function failure(error: unknown, stage: TerminationStage): Termination {
  if (!(error instanceof SourceError)) return { code: 'INTERNAL', stage, message: redactText(describeError(error)) };
  return { code: error.code, stage: error.code === 'DIGEST_MISMATCH' ? 'verify' : stage, message: redactText(error.message) };
}

function finish(output: CommandOutput, termination: Termination): number {
  output.finish(termination);
  return TERMINATION_CODES[termination.code].exit;
}

/** In a pod: one line of JSON in the log, and the termination message for the operator. */
function containerOutput(name: string): CommandOutput {
  const logger = newLogger({ name });
  return {
    logger,
    finish: (termination) => {
      const { message, ...fields } = termination;
      if (termination.code === 'OK') logger.info('Finished', { ...fields, result: message });
      else logger.error('Gave up', { ...fields, reason: message });
      writeTermination(termination);
    },
  };
}
