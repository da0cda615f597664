/** Writes everything that the components read, before any of them starts. Idempotent: certificates are made once. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { exec } from '../hack/exec.js';
import type { Binaries } from './binaries.js';
import { certificateRequests } from './certificates.js';
import { configFiles, kubeconfigData } from './configs.js';
import type { Layout } from './layout.js';
import { mountsOf, type SupervisorPlan } from './supervisor-plan.js';

/** Resolves with true when the files on disk changed: running components then have to start anew. */
export async function prepare(layout: Layout, binaries: Binaries, plan: SupervisorPlan): Promise<boolean> {
  mkdirSync(layout.logDir, { recursive: true });
  for (const mount of mountsOf(layout)) if (mount.source !== '') mkdirSync(mount.source, { recursive: true });
  await ensureCertificates(layout, binaries);
  const files = { ...configFiles(layout), 'plan.json': `${JSON.stringify(plan, undefined, 2)}\n` };
  const changes = Object.entries(files).map(([name, text]) => writeIfChanged(join(layout.stateDir, name), text));
  const read = (name: string): string => readFileSync(join(layout.pkiDir, name), 'utf8');
  writeIfChanged(layout.kubeconfig, kubeconfigData(layout, { ca: read('ca.crt'), certificate: read('admin.crt'), key: read('admin.key') }));
  return changes.includes(true);
}

async function ensureCertificates(layout: Layout, binaries: Binaries): Promise<void> {
  if (existsSync(layout.pkiDir)) return;
  const partial = `${layout.pkiDir}.partial`;
  rmSync(partial, { recursive: true, force: true });
  const requests = join(layout.stateDir, 'certificates.json');
  writeFileSync(requests, JSON.stringify(certificateRequests(layout)));
  await exec(binaries.nodebox, ['certs', partial, requests]);
  renameSync(partial, layout.pkiDir);
}

function writeIfChanged(path: string, text: string): boolean {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return false;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode: 0o600 });
  return true;
}
