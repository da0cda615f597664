/** The process that owns a cluster's namespaces and components: start it, ask it, heal it. */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Layout } from './layout.js';
import { tailFile } from './log-tail.js';
import { SYSTEM_PATH } from './supervisor-plan.js';
import { type ComponentState, parseSupervisorState, type SupervisorState } from './supervisor-state.js';

/** Undefined when no supervisor runs: no state, or the process that wrote it is gone. */
export function readSupervisor(layout: Layout): SupervisorState | undefined {
  if (!existsSync(layout.stateFile)) return undefined;
  const state = parseSupervisorState(readFileSync(layout.stateFile, 'utf8'));
  return state !== undefined && startTicks(state.pid) === state.startTicks ? state : undefined;
}

/**
 * In the cluster's network namespace and a mount namespace of its own; not through `ip netns exec`, which hides the cgroups. The
 * environment is bare: a proxy of the user's would be asked for the cluster's own addresses.
 */
export async function startSupervisor(layout: Layout, nodebox: string): Promise<void> {
  const logFile = join(layout.logDir, 'supervisor.log');
  const log = openSync(logFile, 'a');
  const args = [`--net=${layout.netns}`, 'unshare', '--mount', nodebox, 'supervise', layout.planFile];
  const env = { PATH: SYSTEM_PATH, HOME: layout.stateDir };
  const child = spawn('nsenter', args, { detached: true, stdio: ['ignore', log, log], env, cwd: '/' });
  closeSync(log);
  let ended: string | undefined;
  child.on('error', (error) => (ended = error.message));
  child.on('exit', (code, signal) => (ended = signal === null ? `exit code ${code}` : `signal ${signal}`));
  for (const until = Date.now() + 10_000; Date.now() < until; await sleep(20)) {
    if (ended !== undefined) throw new Error(`The cluster's supervisor ended at once (${ended}):\n${tailFile(logFile, 5)}`);
    if (readSupervisor(layout)?.pid === child.pid) {
      child.unref();
      return;
    }
  }
  throw new Error(`The cluster's supervisor did not report within 10 s:\n${tailFile(logFile, 5)}`);
}

/** Starts again what has ended. Resolves when the supervisor has taken notice: before that, old exits would be read as new ones. */
export async function healSupervisor(layout: Layout, state: SupervisorState): Promise<void> {
  process.kill(state.pid, 'SIGHUP');
  for (const until = Date.now() + 5000; Date.now() < until; await sleep(20)) {
    const now = readSupervisor(layout);
    if (now === undefined || now.components.every((component) => component.phase !== 'exited')) return;
  }
}

/** Components that have ended, each with the last words of its log. */
export function describeExited(state: SupervisorState): string[] {
  return state.components
    .filter((component) => component.phase === 'exited')
    .map((component) => `${component.name} has ended (${howItEnded(component)}); its last words in ${component.log}:\n${tailFile(component.log, 5)}`);
}

export function howItEnded(component: ComponentState): string {
  if (component.error !== undefined && component.error !== '') return component.error;
  if (component.signal !== undefined && component.signal !== '') return `signal: ${component.signal}`;
  return `exit code ${component.exitCode ?? 'unknown'}`;
}

/** The process id alone may have gone to somebody else; with its start it names one process for good. */
function startTicks(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : Number(fields[19]); // a zombie has ended and waits for its parent to notice
  } catch {
    return undefined; // no such process
  }
}
