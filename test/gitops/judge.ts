/** Asks `cluster/judge`: the real kstatus, Argo CD's Lua interpreter and Flux's evaluator. */
import { ensureJudge } from '../../cluster/binaries.js';
import { exec } from '../../hack/exec.js';
import type { KubeObject } from '../../operator/ports.js';

export interface Question {
  readonly object: KubeObject;
  readonly lua?: string;
  readonly cel?: Readonly<Record<string, string>>;
}

export interface Verdict {
  readonly kstatus: { readonly status: string; readonly message: string };
  readonly argo?: { readonly status: string; readonly message: string };
  readonly flux?: { readonly status: string; readonly message: string };
}

/** One verdict for each question, in their order. */
export async function judge(questions: readonly Question[]): Promise<Verdict[]> {
  const program = await ensureJudge(() => undefined);
  const said = await exec(program, [], { input: questions.map((question) => `${JSON.stringify(question)}\n`).join('') });
  return said
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}
