/** `cluster:shell`: a shell in which kubectl, helm and crane work on one cluster, whatever the user's own context is. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { exec } from '../hack/exec.js';
import type { ClientTools } from './binaries.js';
import { runForeground } from './foreground.js';

/** With a context given, the shell gets a copy of the kubeconfig that holds nothing but this context. */
export async function openShell(title: string, kubeconfig: string, tools: ClientTools, context?: string): Promise<number> {
  if (context === undefined) return runShell(title, kubeconfig, tools);
  const folder = mkdtempSync(join(tmpdir(), 'slipway-shell-'));
  try {
    const args = ['--kubeconfig', kubeconfig, 'config', 'view', '--minify', '--flatten', '--context', context];
    const copy = join(folder, 'kubeconfig');
    writeFileSync(copy, await exec(tools.kubectl, args), { mode: 0o600 });
    return await runShell(title, copy, tools);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runShell(title: string, kubeconfig: string, tools: ClientTools): Promise<number> {
  const folders = new Set([tools.kubectl, tools.helm, tools.crane].map((program) => dirname(program)));
  console.log(`kubectl, helm and crane are for ${title}; "exit" leaves`);
  const code = await runForeground(process.env['SHELL'] ?? '/bin/sh', [], {
    PATH: [...folders, process.env['PATH'] ?? ''].join(':'),
    KUBECONFIG: kubeconfig,
  });
  return process.stdin.isTTY ? 0 : code; // the last command of a person's shell is no failure of ours
}
