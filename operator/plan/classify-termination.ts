/** Why a container ended: from the JSON that ours leave, else from the exit code that repeats it, else from the kubelet's words. */
import { CONTAINERS } from '../../contract/paths.js';
import { parseTermination, TERMINATION_CODES, type Termination, type TerminationCode } from '../../contract/termination.js';
import type { Reason } from '../api/reasons.js';
import type { ContainerView, Terminated } from '../view/pod-view.js';
import { blocked, type Finding } from './finding.js';

const REASON_OF_CODE: Readonly<Record<Exclude<TerminationCode, 'OK' | 'INTERNAL'>, Reason>> = {
  USAGE: 'RuntimeIncompatible',
  URI_INVALID: 'UriInvalid',
  SOURCE_UNREACHABLE: 'SourceUnreachable',
  SOURCE_UNAUTHORIZED: 'SourceUnauthorized',
  SOURCE_NOT_FOUND: 'SourceNotFound',
  DIGEST_MISMATCH: 'DigestMismatch',
  ARTIFACT_INVALID: 'ArtifactInvalid',
  DISK_FULL: 'NodeDiskFull',
  UNPINNED: 'Unpinned',
  MODEL_INVALID: 'ModelInvalid',
  OP_UNSUPPORTED: 'OpUnsupported',
  PROVIDER_MISSING: 'ProviderMissing',
  WARMUP_FAILED: 'WarmupFailed',
};

/** 128 and SIGKILL. */
const KILLED = 137;
const SIGNALS: Readonly<Record<number, string>> = { 4: 'SIGILL', 6: 'SIGABRT', 7: 'SIGBUS', 9: 'SIGKILL', 11: 'SIGSEGV', 15: 'SIGTERM' };

/** What a container of ours said at its end. A lost message is made up for by the exit code, where that is one of ours. */
export function readTermination(ended: Terminated): Termination | undefined {
  const said = parseTermination(ended.message);
  if (said !== undefined) return said;
  const code = CODES.find((known) => TERMINATION_CODES[known].exit === ended.exitCode && ended.exitCode >= 20);
  return code === undefined ? undefined : { code, stage: 'serve', message: `exit code ${ended.exitCode}, and no message` };
}

const CODES = Object.keys(TERMINATION_CODES).filter((code): code is TerminationCode => code in TERMINATION_CODES);

export function classifyTermination(where: string, container: ContainerView, ended: Terminated): Finding {
  const times = describeRestarts(container.restarts);
  if (isOutOfMemory(ended.reason, ended.message)) return classifyMemory(where, container, times);
  if (ended.reason === 'ContainerStatusUnknown') return blocked('NodeLost', `${where}: the node lost track of container ${container.name}${times}`);
  const said = readTermination(ended);
  if (said === undefined || said.code === 'OK') return classifySilent(where, container, ended);
  if (said.code === 'INTERNAL') return blocked(reasonOfInternal(container), `${where}: ${said.message}${times}`);
  return blocked(REASON_OF_CODE[said.code], `${where}: ${said.message}${times}`);
}

/**
 * The kubelet says OOMKilled only when containerd saw the kernel do it; else the same end is `Error` and SIGKILL, which has other
 * senders too: a failed probe, somebody on the node. So the container's other known end decides; without one, memory is a guess.
 */
function classifySilent(where: string, container: ContainerView, ended: Terminated): Finding {
  const times = describeRestarts(container.restarts);
  const isKilled = ended.exitCode === KILLED;
  if (isKilled && endsOf(container).some(({ reason, message }) => isOutOfMemory(reason, message))) return classifyMemory(where, container, times);
  const hint = isKilled ? guessMemory(container) : undefined;
  return blocked('RuntimeCrashed', `${where}: ${describeEnd(container, ended)}${times}. ${hint ?? 'See kubectl logs --previous'}`);
}

/** The limit of the resolver is not the user's, and its deadline ends it with the same signal. */
function guessMemory({ name, memoryLimit }: ContainerView): string | undefined {
  if (memoryLimit === undefined || name === CONTAINERS.resolve) return undefined;
  return `Its memory limit of ${memoryLimit} is the likely cause: raise spec.runtime.resources.limits.memory. If it is not, kubectl describe pod tells of failed probes`;
}

/** The newest two, newest first: the kubelet keeps no more. */
export function endsOf({ state, last }: ContainerView): Terminated[] {
  return [...(state.kind === 'Terminated' ? [state] : []), ...(last === undefined ? [] : [last])];
}

function describeRestarts(restarts: number): string {
  if (restarts === 0) return '';
  return restarts === 1 ? ' (restarted once)' : ` (restarted ${restarts} times)`;
}

/** The container runtime itself may be what does not fit into a small limit; it then says so in its own words. */
export function isOutOfMemory(reason: string, words: string): boolean {
  return reason === 'OOMKilled' || /OOM-?killed|memory limit too low/i.test(words);
}

/** The condition reason of a code of ours. */
export function reasonOfCode(code: TerminationCode): Reason {
  return code === 'OK' || code === 'INTERNAL' ? 'RuntimeCrashed' : REASON_OF_CODE[code];
}

function reasonOfInternal({ name, isInit }: ContainerView): Reason {
  if (name === CONTAINERS.resolve) return 'ResolveFailed';
  return isInit ? 'DownloadFailed' : 'RuntimeCrashed';
}

export function classifyMemory(where: string, container: ContainerView, times = ''): Finding {
  const limit = container.memoryLimit;
  const words =
    limit === undefined
      ? `container ${container.name} was ended for want of memory; it has no limit, so the node itself ran short${times}. Set spec.runtime.resources.requests.memory so that it is placed where it fits`
      : `container ${container.name} used more than its memory limit of ${limit}${times}. Raise spec.runtime.resources.limits.memory`;
  return blocked('HostMemoryExceeded', `${where}: ${words}`);
}

function describeEnd(container: ContainerView, ended: Terminated): string {
  const signal = SIGNALS[ended.exitCode - 128];
  const how = signal === undefined ? `exit code ${ended.exitCode}` : `exit code ${ended.exitCode}, ${signal}`;
  const words = ended.message === '' ? '' : `: ${ended.message}`;
  return `container ${container.name} ended without saying why (${how}${ended.reason === '' ? '' : `, ${ended.reason}`})${words}`;
}
