#!/usr/bin/env node
/** `slipway`: composition root of the commands for people. */
import { readFileSync } from 'node:fs';
import { TERMINATION_CODES } from '../contract/termination.js';
import { PUSH_USAGE, runPush } from './push-command.js';

const USAGE = `Usage:
slipway serve MODEL.onnx|FOLDER [--grpc-port 8001] [--rest-port 8000] [--metrics-port 8002]
  serves a model on this machine, as in a pod
${PUSH_USAGE}
slipway resolve --uri URI [--digest SHA256] [--allow-unpinned]
  prints the digest that a uri has now
slipway fetch --uri URI --digest SHA256 --dest FOLDER/NAME/VERSION
  downloads and verifies a model
slipway version | help`;

type Command = (argv: readonly string[], env: NodeJS.ProcessEnv) => Promise<number>;

const COMMANDS: Readonly<Record<string, Command>> = {
  serve: async (argv, env) => (await import('../runtime/serve.js')).runServe(argv, env),
  push: runPush,
  resolve: async (argv, env) => (await import('../runtime/model/source/commands.js')).runResolve(argv, env),
  fetch: async (argv, env) => (await import('../runtime/model/source/commands.js')).runFetch(argv, env),
  version: () => print(readVersion()),
  help: () => print(USAGE),
};

process.env['ORT_DISABLE_TELEMETRY'] = '1'; // before ONNX Runtime is loaded, whoever starts us
const [first = 'help', ...rest] = process.argv.slice(2);
const name = first.replace(/^--?/, '').replace(/^h$/, 'help').replace(/^v$/, 'version');
const command = rest.includes('--help') ? COMMANDS['help'] : COMMANDS[name];
if (command === undefined) {
  console.error(`slipway has no command "${first}".\n${USAGE}`);
  process.exitCode = TERMINATION_CODES.USAGE.exit;
} else {
  process.exitCode = await command(rest, process.env);
}

function print(text: string): Promise<number> {
  console.log(text);
  return Promise.resolve(0);
}

function readVersion(): string {
  const value: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return typeof value === 'object' && value !== null && 'version' in value ? String(value.version) : 'unknown';
}
