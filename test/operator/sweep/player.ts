/** The kubelet of the fake nodes: a pod that was bound to one becomes what its digest says, and one that is deleted goes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ANNOTATIONS } from '../../../contract/labels.js';
import { CONTAINERS } from '../../../contract/paths.js';
import { formatTermination, TERMINATION_CODES, type Termination } from '../../../contract/termination.js';
import type { KubeClient } from '../../../lib/kube/kube-client.js';
import { isConflict, isNotFound } from '../../../lib/kube/kube-error.js';
import type { KubeTransport } from '../../../lib/kube/transport.js';
import { KINDS } from '../../../operator/api/kinds.js';
import type { KubeObject } from '../../../operator/ports.js';
import { asRecord, asText, type Json } from '../../../operator/view/json.js';
import type { Change, Recorder } from './recorder.js';

/** A model whose bytes never have this digest: as the fetcher says it, for good. */
export const DIGEST_BAD = `sha256:${'d'.repeat(64)}`;
/** Downloading and loading take this long. */
const START_MS = 150;
const TIME = '2026-01-01T00:00:00Z';
const ATTEMPTS = 5;

export interface PlayerOptions {
  readonly client: KubeClient;
  readonly transport: KubeTransport;
  readonly nodes: readonly string[];
  /** Address of all pods: where a responder speaks /statusz, if any does. */
  readonly podIp: string;
}

export class Player {
  readonly #options: PlayerOptions;
  readonly #started = new Set<string>();
  readonly #problems: string[] = [];

  constructor(options: PlayerOptions) {
    this.#options = options;
  }

  /** What it could not do; empty when all went well. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  play(recorder: Recorder): void {
    recorder.subscribe((change) => {
      if (change.kind === 'pod' && !change.isDeleted) void this.#look(change);
    });
  }

  async #look({ object }: Change): Promise<void> {
    const { uid = '', deletionTimestamp } = object.metadata;
    const node = asText(asRecord(object['spec'])['nodeName']) ?? '';
    if (!this.#options.nodes.includes(node)) return;
    const step = deletionTimestamp === undefined ? 'start' : 'end';
    if (this.#started.has(`${step} ${uid}`)) return;
    this.#started.add(`${step} ${uid}`);
    if (step === 'start') await sleep(START_MS);
    await this.#insist(object, () => (step === 'start' ? this.#start(object) : this.#end(object)));
  }

  async #insist({ metadata: { name } }: KubeObject, work: () => Promise<unknown>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await work();
        return;
      } catch (error) {
        if (isNotFound(error) || isConflict(error)) return; // gone, or another one by now
        if (attempt === ATTEMPTS) this.#problems.push(`Pod ${name}: ${error}`);
        if (attempt === ATTEMPTS) return;
        await sleep(2000); // an API server that is killed in a test comes back
      }
    }
  }

  #start({ metadata: { namespace = '', name, uid, annotations } }: KubeObject): Promise<unknown> {
    const status =
      annotations?.[ANNOTATIONS.digest] === DIGEST_BAD ? FAILING : { ...READY, podIP: this.#options.podIp, podIPs: [{ ip: this.#options.podIp }] };
    return this.#options.client.mergePatch(KINDS.pod, { namespace, name, subresource: 'status' }, { metadata: { uid }, status });
  }

  /** The last word of a kubelet: the object may go. */
  #end({ metadata: { namespace = '', name, uid } }: KubeObject): Promise<unknown> {
    const body = { gracePeriodSeconds: 0, preconditions: { uid } };
    return this.#options.transport.request({ method: 'DELETE', path: `/api/v1/namespaces/${namespace}/pods/${name}`, body });
  }
}

function condition(type: string, status = 'True'): Json {
  return { type, status, lastTransitionTime: TIME };
}

function ended(said: Termination): Json {
  const { exit } = TERMINATION_CODES[said.code];
  const reason = exit === 0 ? 'Completed' : 'Error';
  return { terminated: { exitCode: exit, reason, message: formatTermination(said), startedAt: TIME, finishedAt: TIME } };
}

const IMAGE = { image: 'registry.invalid/slipway/runtime:none', imageID: '' };
const FETCHED: Termination = { code: 'OK', stage: 'verify', message: 'Fetched', contentDigest: `sha256:${'c'.repeat(64)}`, bytes: 1234 };
const MISMATCH: Termination = { code: 'DIGEST_MISMATCH', stage: 'verify', message: 'The bytes have another digest' };

/** As a kubelet reports a pod of Slipway whose model was fetched, verified and loaded. */
const READY = {
  phase: 'Running',
  startTime: TIME,
  conditions: ['PodScheduled', 'PodReadyToStartContainers', 'Initialized', 'ContainersReady', 'Ready'].map((type) => condition(type)),
  initContainerStatuses: [{ ...IMAGE, name: CONTAINERS.fetch, ready: true, started: false, restartCount: 0, state: ended(FETCHED) }],
  containerStatuses: [{ ...IMAGE, name: CONTAINERS.runtime, ready: true, started: true, restartCount: 0, state: { running: { startedAt: TIME } } }],
};

/** As a kubelet reports one whose fetcher has ended for good three times and waits for the fourth. */
const FAILING = {
  phase: 'Pending',
  startTime: TIME,
  conditions: [condition('PodScheduled'), ...['Initialized', 'ContainersReady', 'Ready'].map((type) => condition(type, 'False'))],
  initContainerStatuses: [
    {
      ...{ ...IMAGE, name: CONTAINERS.fetch, ready: false, started: false, restartCount: 3 },
      state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s restarting failed container' } },
      lastState: ended(MISMATCH),
    },
  ],
  containerStatuses: [
    { ...IMAGE, name: CONTAINERS.runtime, ready: false, started: false, restartCount: 0, state: { waiting: { reason: 'PodInitializing' } } },
  ],
};
