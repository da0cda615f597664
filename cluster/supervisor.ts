/** The process that owns a cluster's namespaces and components: start it, ask it, end it. */
import { spawn } from 'node:child_process';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Layout } from './layout.js';

export interface ComponentState {
  readonly name: string;
  readonly phase: 'waiting' | 'running' | 'exited';
  readonly pid?: number;
  readonly exitCode?: number;
  readonly signal?: string;
  readonly error?: string;
  readonly exitedAt?: string;
  readonly starts: number;
  readonly log: string;
}

export interface SupervisorState {
  readonly pid: number;
  readonly startTicks: number;
  readonly components: readonly ComponentState[];
}

/** Undefined when no supervisor runs: no state, or the process that wrote it is gone. */
export function readSupervisor(layout: Layout): SupervisorState | undefined {
  if (!existsSync(layout.stateFile)) return undefined;
  const state: SupervisorState = JSON.parse(readFileSync(layout.stateFile, 'utf8'));
  return startTicks(state.pid) === state.startTicks ? state : undefined;
}

/** In the cluster's network namespace and a mount namespace of its own; not through `ip netns exec`, which hides the cgroups. */
export async function startSupervisor(layout: Layout, nodebox: string): Promise<void> {
  const log = openSync(join(layout.logDir, 'supervisor.log'), 'a');
  const args = [`--net=/run/netns/${layout.id}`, 'unshare', '--mount', nodebox, 'supervise', layout.planFile];
  const child = spawn('nsenter', args, { detached: true, stdio: ['ignore', log, log] });
  let ended: string | undefined;
  child.on('error', (error) => (ended = error.message));
  child.on('exit', (code) => (ended = `exit code ${code}`));
  for (const until = Date.now() + 10_000; Date.now() < until; await sleep(50)) {
    if (ended !== undefined) throw new Error(`The cluster's supervisor ended at once (${ended}):\n${tail(join(layout.logDir, 'supervisor.log'), 5)}`);
    if (readSupervisor(layout)?.pid === child.pid) {
      child.unref();
      return;
    }
  }
  throw new Error(`The cluster's supervisor did not report within 10 s:\n${tail(join(layout.logDir, 'supervisor.log'), 5)}`);
}

/** Asks it to start again what has exited. */
export function healSupervisor(state: SupervisorState): void {
  process.kill(state.pid, 'SIGHUP');
}

/** Components that have ended, each in one line with the last words of its log. */
export function describeExited(state: SupervisorState): string[] {
  return state.components
    .filter((component) => component.phase === 'exited')
    .map((component) => `${component.name} has ended (${howItEnded(component)}); its last words in ${component.log}:\n${tail(component.log, 5)}`);
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
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  } catch {
    return undefined; // no such process
  }
}

function tail(path: string, lines: number): string {
  if (!existsSync(path)) return '    (no log)';
  return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-lines).map((line) => `    ${line}`).join('\n');
}
