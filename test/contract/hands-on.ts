/** The hands of everybody else, through an API server. */
import type { JsonRecord } from '../../lib/kube/json.js';
import type { KubeClient } from '../../lib/kube/kube-client.js';
import type { KubeObject } from '../../operator/ports.js';
import type { Hands } from './world.js';

export function handsOn(client: KubeClient): Hands {
  return {
    create: (resource, object) => client.create(resource, object),
    update: (resource, key, patch) => client.mergePatch(resource, key, patch),
    patchStatus: (resource, key, status: JsonRecord) => client.mergePatch(resource, { ...key, subresource: 'status' }, { status }),
    remove: (resource, key) => client.delete(resource, key),
    get: (resource, key): Promise<KubeObject | undefined> => client.find(resource, key),
  };
}
