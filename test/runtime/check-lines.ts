/** Runs a Python script that prints one JSON line for each check, and reads the names of its checks from its source. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PYTHON_SOURCES } from './python-venv.js';

export interface CheckOutcome {
  readonly ok: boolean;
  /** What was seen, or why it is not what was wanted. */
  readonly detail: string;
}

export type Outcomes = ReadonlyMap<string, CheckOutcome>;

/** Names of the checks in test/runtime/<script>; known before anything is installed. */
export function readCheckNames(script: string): string[] {
  const source = readFileSync(join(PYTHON_SOURCES, script), 'utf8');
  return [...source.matchAll(/^@check\("([^"]+)"\)$/gm)].map(([, name = '']) => name);
}

/** Rejects when the script ends without success: then its lines are not complete. */
export async function runChecks(python: string, script: string, args: readonly string[]): Promise<Outcomes> {
  const { stdout } = await promisify(execFile)(python, [join(PYTHON_SOURCES, script), ...args], { maxBuffer: 16 * 1024 * 1024 });
  return new Map(stdout.trim().split('\n').map(parseLine));
}

function parseLine(line: string): [string, CheckOutcome] {
  const value: unknown = JSON.parse(line);
  if (typeof value === 'object' && value !== null && 'check' in value && 'ok' in value && 'detail' in value) {
    return [String(value.check), { ok: value.ok === true, detail: String(value.detail) }];
  }
  throw new Error(`"${line}" is not the outcome of a check: print {"check", "ok", "detail"} and nothing else`);
}

/** A value that is made at the first need and then kept, failures included: one test's failure is then not that of the set-up. */
export function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
