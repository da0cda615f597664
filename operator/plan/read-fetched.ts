/** What the init container of a pod has said of the model that it fetched and verified. */
import { parseTermination } from '../../contract/termination.js';
import type { PodView } from '../view/pod-view.js';
import type { FetchedModel } from '../view/revision-view.js';

/** Undefined when it has not ended well, or has said nothing. */
export function readFetched(pod: PodView): FetchedModel | undefined {
  const state = pod.containers.find(({ isInit }) => isInit)?.state;
  const said = state?.kind === 'Terminated' && state.exitCode === 0 ? parseTermination(state.message) : undefined;
  if (said === undefined || state?.kind !== 'Terminated') return undefined;
  const { contentDigest, bytes } = said;
  return {
    ...(contentDigest === undefined ? {} : { contentDigest }),
    ...(bytes === undefined ? {} : { bytes }),
    ...(state.finishedAtMs === undefined ? {} : { verifiedAt: new Date(state.finishedAtMs).toISOString() }),
  };
}
