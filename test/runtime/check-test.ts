/** Tests of named checks: those in the list of what is pending have to fail. */
import { test } from '@jest/globals';
import type { Outcomes } from './check-lines.js';
import { PENDING } from './pending.js';

/** Defines the test of one check. A pending one that passes fails the suite until its line in pending.ts is gone. */
export function checkTest(suite: string, name: string, body: () => Promise<void>): void {
  const reason = PENDING[`${suite}: ${name}`];
  if (reason === undefined) test(name, body);
  else test.failing(`${name} [pending: ${reason}]`, body);
}

/** Fails with the words of the check. */
export function expectOutcome(outcomes: Outcomes, name: string): void {
  const outcome = outcomes.get(name);
  if (outcome === undefined) throw new Error(`The client has no check "${name}", only ${[...outcomes.keys()].join(', ')}`);
  if (!outcome.ok) throw new Error(outcome.detail);
}
