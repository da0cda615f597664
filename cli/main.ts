#!/usr/bin/env node
/** `slipway`, and `kubectl slipway` where it is on the PATH as kubectl-slipway: composition root of the commands for people. */
import { TERMINATION_CODES } from '../contract/termination.js';
import { findSimilar, readHelp } from './help.js';
import { readVersion } from './read-version.js';
import { terminalOutput } from './terminal-output.js';

const MINIMUM_NODE = 24;

/** A deprecated call inside a library (grpc-js gives TLS an IP address for a name) is nothing that its user can mend. */
function hideDeprecations(): void {
  process.noDeprecation = true;
}

type Command = (argv: readonly string[], env: NodeJS.ProcessEnv) => Promise<number>;

/** Each loads only what it needs, and nothing before the version of Node is known to have it. */
const COMMANDS: Readonly<Record<string, Command>> = {
  serve: async (argv, env) => (await import('../runtime/serve.js')).runServe(argv, env),
  infer: async (argv) => {
    hideDeprecations();
    return (await import('./infer/infer-command.js')).runInfer(argv);
  },
  bench: async (argv) => {
    hideDeprecations();
    return (await import('./bench/bench-command.js')).runBench(argv);
  },
  plan: async (argv) => (await import('./upgrade/plan-command.js')).runPlan(argv),
  update: async (argv) => (await import('./upgrade/update-command.js')).runUpdate(argv),
  push: async (argv, env) => (await import('./push-command.js')).runPush(argv, env),
  resolve: async (argv, env) =>
    (await import('../runtime/model/source/commands.js')).runResolve(
      argv,
      env,
      terminalOutput(({ digest }) => digest),
    ),
  fetch: async (argv, env) =>
    (await import('../runtime/model/source/commands.js')).runFetch(
      argv,
      env,
      terminalOutput(() => undefined),
    ),
  version: () => print(readVersion()),
};

process.env['ORT_DISABLE_TELEMETRY'] = '1'; // before ONNX Runtime is loaded, whoever starts us
process.exit(await main(process.argv.slice(2))); // a model that still loads would hold a process that was told to end

async function main([first = 'help', ...rest]: readonly string[]): Promise<number> {
  if (Number.parseInt(process.versions.node, 10) < MINIMUM_NODE) {
    console.error(`Slipway needs Node ${MINIMUM_NODE} or newer, and this is ${process.versions.node}: "npx slipway" brings its own`);
    return TERMINATION_CODES.USAGE.exit;
  }
  const name = first.replace(/^--?/, '').replace(/^h$/, 'help').replace(/^v$/, 'version');
  if (name === 'help') return print(await readHelp(rest[0]));
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command !== undefined)
    return rest.some((word) => word === '--help' || word === '-h') ? print(await readHelp(name)) : command(rest, process.env);
  const similar = findSimilar(name);
  console.error(`slipway has no command "${first}"${similar === undefined ? '.' : `: did you mean "${similar}"?`}\n${await readHelp(undefined)}`);
  return TERMINATION_CODES.USAGE.exit;
}

function print(text: string): Promise<number> {
  console.log(text);
  return Promise.resolve(0);
}
