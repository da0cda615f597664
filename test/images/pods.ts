/** Runs images as pods under the restricted Pod Security Standard, as a user that no image knows, with a read-only root. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kubectl } from '../../hack/kubectl.js';

export interface PodOptions {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly command?: readonly string[];
  readonly more?: Readonly<Record<string, unknown>>;
  readonly volumes?: readonly unknown[];
}

export interface Termination {
  readonly exitCode: number;
  readonly message: string;
}

/** Neither root nor the images' own. */
export const STRANGE_UID = 1_000_680_000;

export function renderPod(namespace: string, { name, image, args, command, more, volumes }: PodOptions): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 1,
      securityContext: { runAsNonRoot: true, runAsUser: STRANGE_UID, runAsGroup: 0, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'main',
          image,
          ...(args === undefined ? {} : { args }),
          ...(command === undefined ? {} : { command }),
          securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
          ...more,
        },
      ],
      ...(volumes === undefined ? {} : { volumes }),
    },
  };
}

/** Runs a pod to its end; resolves with how it ended. */
export async function runToEnd(kubectl: Kubectl, namespace: string, options: PodOptions): Promise<Termination & { readonly log: string }> {
  await kubectl.apply(JSON.stringify(renderPod(namespace, options)));
  const terminated = `{.status.containerStatuses[0].state.terminated}`;
  for (const until = Date.now() + 60_000; Date.now() < until; await sleep(200)) {
    const json = await kubectl.run(['-n', namespace, 'get', 'pod', options.name, '-o', `jsonpath=${terminated}`]);
    if (json === '') continue;
    const { exitCode, message = '' }: { exitCode: number; message?: string } = JSON.parse(json);
    return { exitCode, message, log: await kubectl.run(['-n', namespace, 'logs', options.name]) };
  }
  throw new Error(`The pod ${options.name} did not end within 60 s:\n${await kubectl.run(['-n', namespace, 'describe', 'pod', options.name])}`);
}
