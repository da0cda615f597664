/** Why an image does not come, from the kubelet's waiting reason and its words. */
import type { Reason } from '../api/reasons.js';
import type { ContainerView } from '../view/pod-view.js';
import { blocked, type Finding } from './finding.js';

const WAITING = new Set([
  ...['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull', 'ImageInspectError', 'RegistryUnavailable'],
  'SignatureValidationFailed',
]);

const PATTERNS: readonly (readonly [RegExp, Reason, string])[] = [
  [/SignatureValidationFailed/, 'ImageUntrusted', 'Sign the image, or mend the policy of the node that asks for a signature'],
  [
    /toomanyrequests|429 Too Many Requests|rate limit/i,
    'RegistryRateLimited',
    'The kubelet tries again by itself; credentials in imagePullSecrets or a mirror in the chart raise the limit',
  ],
  [/no space left/i, 'NodeDiskFull', 'Free the disk of the node'],
  [
    /unauthorized|denied|authentication required|403 Forbidden/i,
    'ImageUnauthorized',
    'Set imagePullSecrets in the chart and make that Secret in this namespace',
  ],
  [/not found|manifest unknown|does not exist|InvalidImageName|couldn't parse image/i, 'ImageNotFound', "Correct the image in the chart's values"],
  [
    /no such host|i\/o timeout|connection refused|TLS|x509|dial tcp|RegistryUnavailable|server misbehaving|EOF/i,
    'RegistryUnavailable',
    'Mend the way from the node to the registry; the kubelet tries again by itself',
  ],
];

/** Undefined when the container does not wait for its image. */
export function classifyImage(where: string, container: ContainerView): Finding | undefined {
  const { state } = container;
  if (state.kind !== 'Waiting' || !WAITING.has(state.reason)) return undefined;
  const words = `${state.reason}: ${state.message}`;
  const [, reason, remedy] = PATTERNS.find(([pattern]) => pattern.test(words)) ?? [undefined, 'ImagePullFailed' as const, 'See kubectl describe pod'];
  return blocked(reason, `${where}: image ${container.image} cannot be pulled: ${describe(state.reason, state.message)}. ${remedy}`);
}

/** Between two attempts the kubelet puts "Back-off" before the same words: without it the message stays while the cause does. */
function describe(reason: string, message: string): string {
  const words = message
    .replace(/^Back-off pulling image "[^"]*"(: )?/, '')
    .replace(/^(ErrImagePull|RegistryUnavailable|SignatureValidationFailed): /, '');
  return words === '' ? reason : words;
}
