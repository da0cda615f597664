/** Asks `cluster/judge`: the real kstatus, Argo CD's Lua interpreter and Flux's evaluator. */
import { ensureJudge } from '../../cluster/binaries.js';
import { exec } from '../../hack/exec.js';
import type { KubeObject } from '../../operator/ports.js';
import { asRecord } from '../../operator/view/json.js';

export interface Question {
  readonly object: KubeObject;
  readonly lua?: string;
  readonly cel?: Readonly<Record<string, string>>;
}

interface Word {
  readonly status: string;
  readonly message: string;
}

export interface Verdict {
  readonly kstatus: Word;
  readonly argo: Word | undefined;
  readonly flux: Word | undefined;
}

/** One verdict for each question, in their order. */
export async function judge(questions: readonly Question[]): Promise<Verdict[]> {
  const program = await ensureJudge(() => undefined);
  const said = await exec(program, [], { input: questions.map((question) => `${JSON.stringify(question)}\n`).join('') });
  return said.split('\n').filter(Boolean).map(readVerdict);
}

function readVerdict(line: string): Verdict {
  const said = asRecord(JSON.parse(line));
  return { kstatus: readWord(said['kstatus']) ?? { status: '', message: '' }, argo: readWord(said['argo']), flux: readWord(said['flux']) };
}

function readWord(value: unknown): Word | undefined {
  const { status, message } = asRecord(value);
  return typeof status === 'string' && typeof message === 'string' ? { status, message } : undefined;
}
