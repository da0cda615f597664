/** Pods as a kubelet reports them: `makePod().on('n1').initFailed('DIGEST_MISMATCH', 'got …').obj()` */
import { LABELS } from '../../contract/labels.js';
import { CONTAINERS } from '../../contract/paths.js';
import { formatTermination, TERMINATION_CODES, type TerminationCode } from '../../contract/termination.js';
import type { KubeObject } from '../../operator/ports.js';
import { type PodView, viewPod } from '../../operator/view/pod-view.js';

type Fields = Readonly<Record<string, unknown>>;

export const POD_TIME = '2026-01-01T00:00:00Z';

export class PodBuilder {
  #metadata: KubeObject['metadata'];
  #spec: Fields;
  #status: Fields = { phase: 'Pending' };
  #conditions: Fields[] = [];

  constructor(name: string, revision: string) {
    this.#metadata = {
      name,
      namespace: 'shop',
      uid: `uid-${name}`,
      creationTimestamp: POD_TIME,
      labels: { [LABELS.model]: 'reader', [LABELS.revision]: revision, [LABELS.component]: 'serve' },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `${revision}-5d4f`, uid: 'uid-rs', controller: true }],
    };
    this.#spec = {
      initContainers: [{ name: CONTAINERS.fetch, image: 'registry.test/runtime:1' }],
      containers: [{ name: CONTAINERS.runtime, image: 'registry.test/runtime:1', resources: { limits: { memory: '1Gi' } } }],
      volumes: [{ name: 'models', emptyDir: {} }],
    };
  }

  metadata(metadata: Partial<KubeObject['metadata']>): this {
    this.#metadata = { ...this.#metadata, ...metadata };
    return this;
  }

  spec(spec: Fields): this {
    this.#spec = { ...this.#spec, ...spec };
    return this;
  }

  status(status: Fields): this {
    this.#status = { ...this.#status, ...status };
    return this;
  }

  condition(type: string, status: string, reason = '', message = ''): this {
    const others = this.#conditions.filter((condition) => condition['type'] !== type);
    this.#conditions = [...others, { type, status, reason, message, lastTransitionTime: POD_TIME }];
    return this;
  }

  /** As Kubernetes counts it. */
  unreadySince(lastTransitionTime: string): this {
    const others = this.#conditions.filter(({ type }) => type !== 'Ready');
    this.#conditions = [...others, { type: 'Ready', status: 'False', reason: 'ContainersNotReady', message: '', lastTransitionTime }];
    return this;
  }

  on(node: string): this {
    return this.spec({ nodeName: node }).condition('PodScheduled', 'True');
  }

  init(state: Fields, more: Fields = {}): this {
    return this.status({ initContainerStatuses: [{ name: CONTAINERS.fetch, ready: false, restartCount: 0, state, ...more }] });
  }

  main(state: Fields, more: Fields = {}): this {
    return this.status({ containerStatuses: [{ name: CONTAINERS.runtime, ready: false, restartCount: 0, state, ...more }] });
  }

  fetched(): this {
    const message = formatTermination({ code: 'OK', stage: 'verify', message: 'ok', contentDigest: `sha256:${'c'.repeat(64)}`, bytes: 1234 });
    return this.init(terminated(0, 'Completed', message), { ready: true });
  }

  ready(): this {
    return this.fetched()
      .main({ running: { startedAt: POD_TIME } }, { ready: true })
      .status({ phase: 'Running', podIP: '10.0.0.1' })
      .condition('Ready', 'True');
  }

  obj(): KubeObject {
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: this.#metadata,
      spec: this.#spec,
      status: { ...this.#status, conditions: this.#conditions },
    };
  }

  view(): PodView {
    return viewPod(this.obj());
  }
}

export function makePod(name = 'reader-1a2b3c4d-5d4f-x7k2p', revision = 'reader-1a2b3c4d'): PodBuilder {
  return new PodBuilder(name, revision);
}

export function terminated(exitCode: number, reason: string, message = ''): Fields {
  return { terminated: { exitCode, reason, message, finishedAt: POD_TIME } };
}

export function waiting(reason: string, message = ''): Fields {
  return { waiting: { reason, message } };
}

/** As a container of Slipway ends with that code. */
export function endedWith(code: TerminationCode, message: string): Fields {
  return terminated(TERMINATION_CODES[code].exit, 'Error', formatTermination({ code, stage: 'download', message }));
}
