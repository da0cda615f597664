/** Runs h2spec and reads its report. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execAny } from '../../hack/exec.js';
import { type H2specOutcome, parseH2specReport } from './h2spec-report.js';

/** Cases that wait for a frame that does not come end after this. */
const CASE_TIMEOUT_SECONDS = '2';
const RUN_TIMEOUT_MS = 300_000;

/** Rejects when h2spec wrote no report. */
export async function runH2spec(program: string, address: string): Promise<ReadonlyMap<string, H2specOutcome>> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-h2spec-'));
  const report = join(folder, 'report.xml');
  const [host = '', port = ''] = address.split(':');
  try {
    // its exit code says that a case failed, which the report says better
    const flags = ['--strict', '-h', host, '-p', port, '--timeout', CASE_TIMEOUT_SECONDS, '-j', report];
    await execAny(program, flags, { timeoutMs: RUN_TIMEOUT_MS });
    return parseH2specReport(readFileSync(report, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
